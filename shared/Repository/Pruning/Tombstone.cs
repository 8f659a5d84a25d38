using K8sBackup.Repository.Format;

namespace K8sBackup.Repository.Pruning;

/// <summary>Packs that are to be deleted later, as stored.</summary>
internal sealed record Tombstone
{
    /// <summary>Most packs in one: 1.5 MiB.</summary>
    public const int PacksMax = 65_536;

    public required ObjectId Id { get; init; }

    /// <summary>Generation of the writer that condemned them.</summary>
    public required long Generation { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Snapshots that were marked.</summary>
    public required long Snapshots { get; init; }

    /// <summary>SHA-256 over the sorted names of the manifests that were marked: what the decision was made from.</summary>
    public required byte[] MarkedDigest { get; init; }

    public required IReadOnlyList<CondemnedPack> Packs { get; init; }

    public string ObjectName => ObjectNames.Tombstone(Id);
}
