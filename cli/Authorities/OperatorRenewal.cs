using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using K8sBackup.Cli.Commands;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Authorities;

/// <summary>A new certificate in the place of the operator's, with a new key, and the authorities to trust.</summary>
internal static class OperatorRenewal
{
    public static async Task<RenewedIdentity> RenewAsync(CommandSession session, CancellationToken cancellationToken)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        RenewRequest request = new() { CertificateRequest = ByteString.CopyFrom(CertificateRequests.Create(key)) };
        Certificate answer = (await session.Authorities.RenewIdentityAsync(request, session.Call(cancellationToken))).Certificate ?? throw Refuse("it has no certificate");
        try
        {
            X509Certificate2Collection authorities = [.. answer.Authorities.Select(der => X509CertificateLoader.LoadCertificate(der.Span))];
            using X509Certificate2 leaf = X509CertificateLoader.LoadCertificate(answer.Leaf.Span);
            PeerIdentity peer = session.Identity.Peer;
            bool ours = leaf.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo());
            if (authorities.Count == 0 || !ours || new TrustedAuthorities(authorities, session.Context.Clock).Check(leaf, asServer: false).Identity != peer)
            {
                throw Refuse($"it is not for {peer} and the key that was asked for");
            }

            IdentityFiles files = new(session.IdentityDirectory, session.Context.Clock);
            files.Save(key, leaf, authorities);
            return new RenewedIdentity(peer.ToString(), files.FilePath, leaf.NotAfter.ToUniversalTime(), authorities.Count);
        }
        catch (CryptographicException e)
        {
            throw Refuse($"it is malformed ({e.Message})");
        }
    }

    private static BackupException Refuse(string reason) => new(FailureCause.ProtocolViolation, $"The renewed certificate is unusable: {reason}.");
}
