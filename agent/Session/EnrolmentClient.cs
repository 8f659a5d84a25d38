using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Grpc.Net.Client;
using K8sBackup.Agent.Hosting;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Session;

/// <summary>Asks the coordinator for certificates and keeps those that hold what was asked for.</summary>
internal sealed class EnrolmentClient
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(30);

    private readonly IdentityFiles _files;
    private readonly EnrolmentKey _pendingKey;
    private readonly string _node;
    private readonly TimeProvider _clock;

    public EnrolmentClient(IdentityFiles files, EnrolmentKey pendingKey, string node, TimeProvider clock)
    {
        _files = files;
        _pendingKey = pendingKey;
        _node = node;
        _clock = clock;
    }

    private DateTime Deadline => _clock.GetUtcNow().UtcDateTime + CallTimeout;

    /// <summary>Trades the ticket for an identity and saves it.</summary>
    /// <exception cref="Grpc.Core.RpcException">The coordinator refused or did not answer.</exception>
    /// <exception cref="BackupException">The answer is not what was asked for.</exception>
    public async Task<LocalIdentity> EnrolAsync(Uri address, EnrolmentTicket ticket, CancellationToken cancellationToken)
    {
        using ECDsa key = _pendingKey.OpenOrCreate();
        using GrpcChannel channel = ticket.Open(address, _clock);
        EnrolRequest request = new()
        {
            Token = ticket.Reveal(),
            CertificateRequest = ByteString.CopyFrom(CertificateRequests.Create(key)),
            Node = _node,
            AgentVersion = AgentVersion.Text,
        };
        EnrolResponse response = await new Enrolment.EnrolmentClient(channel).EnrolAsync(request, null, Deadline, cancellationToken);
        X509Certificate2Collection authorities = Authorities(response.Certificate);
        LocalIdentity identity = ticket.Expects(authorities)
            ? Keep(key, response.Certificate, authorities)
            : throw Refuse("its authorities are not those that were expected");
        _pendingKey.Delete();
        return identity;
    }

    /// <summary>A new certificate for a new key, over a channel that proves the current one.</summary>
    public async Task<LocalIdentity> RenewAsync(GrpcChannel channel, CancellationToken cancellationToken)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        RenewRequest request = new() { CertificateRequest = ByteString.CopyFrom(CertificateRequests.Create(key)) };
        RenewResponse response = await new Enrolment.EnrolmentClient(channel).RenewAsync(request, null, Deadline, cancellationToken);
        return Keep(key, response.Certificate, Authorities(response.Certificate));
    }

    private static X509Certificate2Collection Authorities(Certificate? certificate)
    {
        try
        {
            X509Certificate2Collection authorities = [];
            foreach (ByteString der in certificate?.Authorities ?? [])
            {
                authorities.Add(X509CertificateLoader.LoadCertificate(der.Span));
            }

            return authorities.Count > 0 ? authorities : throw Refuse("it names no authority");
        }
        catch (CryptographicException e)
        {
            throw Refuse($"an authority is malformed ({e.Message})");
        }
    }

    private LocalIdentity Keep(ECDsa key, Certificate certificate, X509Certificate2Collection authorities)
    {
        try
        {
            using X509Certificate2 leaf = X509CertificateLoader.LoadCertificate(certificate.Leaf.Span);
            IdentityCheck check = new TrustedAuthorities(authorities, _clock).Check(leaf, asServer: false);
            bool ours = leaf.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo());
            if (check.Identity is not { IsAgent: true } peer || peer.Name != _node || !ours)
            {
                throw Refuse(check.Identity is null ? check.Reason : ours ? $"it is for {check.Identity}" : "it is for another key");
            }

            _files.Save(key, leaf, authorities);
            return _files.Load();
        }
        catch (CryptographicException e)
        {
            throw Refuse($"it is malformed ({e.Message})");
        }
    }

    private static BackupException Refuse(string reason) =>
        new(FailureCause.ProtocolViolation, $"The coordinator's answer to enrolment is unusable: {reason}.");
}
