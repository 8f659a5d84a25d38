using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.Surviving;

/// <summary>What is on the disk of one member.</summary>
public sealed record MemberDisk
{
    /// <summary>The data-dir, as this process sees it.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Whether a server holds it.</summary>
    public required DataDirUse Use { get; init; }

    /// <summary>Length of the database file; 0 when there is none.</summary>
    public long DatabaseBytes { get; init; }

    /// <summary>User and group of the member directory; null when there is none.</summary>
    public FileOwner? Owner { get; init; }

    /// <summary>The log.</summary>
    public WalFacts Wal { get; init; } = new();

    /// <summary>What the database says, when it is whole and no server changes it.</summary>
    public SnapshotFacts? Database { get; init; }

    /// <summary>Why nothing is said of the database; empty when something is.</summary>
    public string DatabaseProblem { get; init; } = "";
}
