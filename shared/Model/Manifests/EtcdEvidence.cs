using System.Text.Json.Serialization;

namespace K8sBackup.Model.Manifests;

/// <summary>What is known about an etcd snapshot and how far it was verified before it was kept.</summary>
public sealed record EtcdEvidence
{
    /// <summary>
    /// Stands in <see cref="Verified"/> where V1 would: the database of a stopped member was copied from its data directory, and no server
    /// vouched for it.
    /// </summary>
    public const string DataDirectory = "data-dir";

    /// <summary>Last main revision in the key bucket, from the data itself.</summary>
    public required long Revision { get; init; }

    /// <summary>Revision up to which history was compacted; 0 when never.</summary>
    public long CompactRevision { get; init; }

    /// <summary>Live distinct keys at <see cref="Revision"/>.</summary>
    public required long Keys { get; init; }

    /// <summary>Bytes of the database without the digest trailer.</summary>
    public required long DatabaseBytes { get; init; }

    public required int PageBytes { get; init; }

    /// <summary>Hexadecimal, without leading zeros, as etcd prints it.</summary>
    public required string ClusterId { get; init; }

    public required string MemberId { get; init; }

    public required string MemberName { get; init; }

    /// <summary>Version of the server that sent the snapshot, for example "3.5.21".</summary>
    public required string ServerVersion { get; init; }

    /// <summary>Storage or cluster version recorded in the data ("3.4.0"), empty when there is none.</summary>
    public string DataVersion { get; init; } = "";

    /// <summary>SHA-256 the server appended, in hexadecimal.</summary>
    public required string Sha256 { get; init; }

    /// <summary>CRC-32C over all live revisions (etcd's HashKV) at <see cref="Revision"/>.</summary>
    public uint HashKv { get; init; }

    /// <summary>
    /// Checks that passed, of <c>V1</c> stream and digest, <c>V2</c> page walk, <c>V3</c> key-space walk, <c>V4</c> same data as
    /// the member itself and every other that could be compared.
    /// </summary>
    public required IReadOnlyList<string> Verified { get; init; }

    /// <summary>Members of the cluster, as the member that was read lists them.</summary>
    public IReadOnlyList<string> Members { get; init; } = [];

    /// <summary>Alarms recorded in the data or raised when the snapshot was taken: a kind, and the id of the member it is about.</summary>
    public IReadOnlyList<string> Alarms { get; init; } = [];

    /// <summary>What each member said of the snapshot's data; empty in manifests of older programs.</summary>
    public IReadOnlyList<EtcdMemberProof> Proof { get; init; } = [];

    /// <summary>What was noticed about the cluster: members passed over and why, different versions, and so on.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Keys that live values are encrypted with, by what stands in front of them.</summary>
    public IReadOnlyList<EncryptionUse> Encryption { get; init; } = [];

    /// <summary>True when everything was checked that can be without the other members.</summary>
    [JsonIgnore]
    public bool IsWalked => (Verified.Contains("V1") || Verified.Contains(DataDirectory)) && Verified.Contains("V2") && Verified.Contains("V3");

    /// <summary>Why the data may not be the cluster's; empty when nothing speaks against it.</summary>
    [JsonIgnore]
    public string Suspicion => EtcdSuspicion.Of(this);

    /// <summary>True for a snapshot to rely on.</summary>
    [JsonIgnore]
    public bool IsVerified => IsWalked && Suspicion.Length == 0;
}
