using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.Restoring;

/// <summary>Everything the restore of one member's data-dir needs to know before it touches anything.</summary>
public sealed record MemberRestorePlan
{
    /// <summary>The data-dir as its node names it, for reports; the target's path may lead through a mount.</summary>
    public required string NodeDataDirectory { get; init; }

    public required SwapTarget Target { get; init; }

    public required InitialMember Member { get; init; }

    /// <summary>Token of this restore and no other.</summary>
    public required string ClusterToken { get; init; }

    /// <summary>The revision to restore, within the snapshot's history; null for its newest.</summary>
    public long? Revision { get; init; }

    /// <summary>Revisions to jump ahead.</summary>
    public required long RevisionBump { get; init; }

    /// <summary>Version of the etcd that will run there; null when nothing says, and the data is meant for its own version.</summary>
    public EtcdVersion? TargetVersion { get; init; }

    /// <summary>Owner of the files; null leaves them to the current user.</summary>
    public FileOwner? Owner { get; init; }

    /// <summary>Where the snapshot is brought to: in the data-dir, so that one check of its file system covers it.</summary>
    public string SnapshotFile => Path.Combine(Target.DataDirectory, $".kb-snapshot-{Target.Id}.db");
}
