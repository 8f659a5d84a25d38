using K8sBackup.Model.Manifests;

namespace K8sBackup.Coordinator.Ingest;

/// <summary>Bounds and cleans what an agent says of a node's control-plane files.</summary>
internal static class ControlPlaneLimits
{
    /// <summary>False when a list is longer than a manifest takes.</summary>
    public static bool Hold(ControlPlaneFacts facts) =>
        facts.Certificates.Count <= CertificateFact.CertificatesMax
        && new[]
        {
            facts.EtcdServers.Count, facts.EtcdOverrides.Count, facts.Trust.Count, facts.ServiceAccountKeys.Count,
            facts.EncryptionKeys.Count, facts.Problems.Count, facts.Member?.PeerUrls.Count ?? 0,
        }.All(count => count <= ControlPlaneFacts.ListedMax);

    /// <summary>The same with every text cleaned.</summary>
    public static ControlPlaneFacts Harmless(ControlPlaneFacts facts, Func<string, string> clean) => new()
    {
        Layout = clean(facts.Layout),
        Member = facts.Member is { } member ? new EtcdMemberFiles(clean(member.Name), clean(member.DataDir), [.. member.PeerUrls.Select(clean)]) : null,
        EtcdServers = [.. facts.EtcdServers.Select(clean)],
        EtcdOverrides = [.. facts.EtcdOverrides.Select(clean)],
        Certificates = [.. facts.Certificates.Select(c => new CertificateFact(clean(c.Path), clean(c.Subject), c.NotAfter))],
        Trust = [.. facts.Trust.Select(t => new TrustFact(clean(t.Purpose), clean(t.Certificate), clean(t.Authority), clean(t.AuthorityFingerprint), clean(t.Problem)))],
        ServiceAccountKeys = [.. facts.ServiceAccountKeys.Select(clean)],
        ServiceAccountSigner = clean(facts.ServiceAccountSigner),
        EncryptionConfiguration = clean(facts.EncryptionConfiguration),
        EncryptionKeys = [.. facts.EncryptionKeys.Select(k => new EncryptionKeyName(clean(k.Provider), clean(k.Name)))],
        Problems = [.. facts.Problems.Select(clean)],
    };
}
