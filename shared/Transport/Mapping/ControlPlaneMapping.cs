using Google.Protobuf.WellKnownTypes;
using K8sBackup.Model.Manifests;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Transport.Mapping;

/// <summary>Facts about control-plane files, and recovery sets, on the wire.</summary>
public static class ControlPlaneMapping
{
    public static Wire.ControlPlaneFacts ToWire(ControlPlaneFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        return new Wire.ControlPlaneFacts
        {
            Layout = facts.Layout,
            Member = facts.Member is { } member ? new Wire.EtcdMemberFiles { Name = member.Name, DataDir = member.DataDir, PeerUrls = { member.PeerUrls } } : null,
            EtcdServers = { facts.EtcdServers },
            EtcdOverrides = { facts.EtcdOverrides },
            Certificates = { facts.Certificates.Select(c => new Wire.CertificateFact { Path = c.Path, Subject = c.Subject, NotAfter = Timestamp.FromDateTimeOffset(c.NotAfter) }) },
            Trust =
            {
                facts.Trust.Select(t => new Wire.TrustFact
                {
                    Purpose = t.Purpose,
                    Certificate = t.Certificate,
                    Authority = t.Authority,
                    AuthorityFingerprint = t.AuthorityFingerprint,
                    Problem = t.Problem,
                }),
            },
            ServiceAccountKeys = { facts.ServiceAccountKeys },
            ServiceAccountSigner = facts.ServiceAccountSigner,
            EncryptionConfiguration = facts.EncryptionConfiguration,
            EncryptionKeys = { facts.EncryptionKeys.Select(k => new Wire.EncryptionKeyName { Provider = k.Provider, Name = k.Name }) },
            Problems = { facts.Problems },
        };
    }

    public static ControlPlaneFacts? ToModel(Wire.ControlPlaneFacts? wire) => wire is null ? null : new ControlPlaneFacts
    {
        Layout = wire.Layout,
        Member = wire.Member is { } member ? new EtcdMemberFiles(member.Name, member.DataDir, [.. member.PeerUrls]) : null,
        EtcdServers = [.. wire.EtcdServers],
        EtcdOverrides = [.. wire.EtcdOverrides],
        Certificates = [.. wire.Certificates.Select(c => new CertificateFact(c.Path, c.Subject, c.NotAfter?.ToDateTimeOffset() ?? DateTimeOffset.UnixEpoch))],
        Trust = [.. wire.Trust.Select(t => new TrustFact(t.Purpose, t.Certificate, t.Authority, t.AuthorityFingerprint, t.Problem))],
        ServiceAccountKeys = [.. wire.ServiceAccountKeys],
        ServiceAccountSigner = wire.ServiceAccountSigner,
        EncryptionConfiguration = wire.EncryptionConfiguration,
        EncryptionKeys = [.. wire.EncryptionKeys.Select(k => new EncryptionKeyName(k.Provider, k.Name))],
        Problems = [.. wire.Problems],
    };

    public static Wire.RecoverySet ToWire(RecoverySet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        return new Wire.RecoverySet
        {
            Complete = set.IsComplete,
            Nodes = { set.Nodes },
            Missing = { set.Missing },
            Warnings = { set.Warnings },
            FirstExpiry = set.FirstExpiry is { } expiry ? Timestamp.FromDateTimeOffset(expiry) : null,
            FirstExpiryOf = set.FirstExpiryOf,
        };
    }
}
