namespace K8sBackup.Model.Manifests;

/// <summary>
/// What a node's control-plane files say of themselves, read by its agent when they were captured, so that a set of them can be
/// judged without opening any. Names, dates and fingerprints; never a key.
/// </summary>
public sealed record ControlPlaneFacts
{
    /// <summary>"kubeadm", "external etcd", "rke2", "k3s" or "unknown".</summary>
    public required string Layout { get; init; }

    /// <summary>The etcd of this node; null where none runs.</summary>
    public EtcdMemberFiles? Member { get; init; }

    /// <summary>Addresses of etcd that the API server uses.</summary>
    public IReadOnlyList<string> EtcdServers { get; init; } = [];

    /// <summary>Resources the API server keeps in other etcds: <c>resource#addresses</c>.</summary>
    public IReadOnlyList<string> EtcdOverrides { get; init; } = [];

    public IReadOnlyList<CertificateFact> Certificates { get; init; } = [];

    public IReadOnlyList<TrustFact> Trust { get; init; } = [];

    /// <summary>Fingerprints of the public keys tokens of service accounts are checked with.</summary>
    public IReadOnlyList<string> ServiceAccountKeys { get; init; } = [];

    /// <summary>Fingerprint of the public half of the key they are signed with; empty when that is not there.</summary>
    public string ServiceAccountSigner { get; init; } = "";

    /// <summary>The encryption configuration on the node; empty when the API server has none.</summary>
    public string EncryptionConfiguration { get; init; } = "";

    public IReadOnlyList<EncryptionKeyName> EncryptionKeys { get; init; } = [];

    /// <summary>What is there and could not be understood.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>Most entries of each list but the certificates.</summary>
    public const int ListedMax = 64;
}
