using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Agent.Restore;

/// <summary>Everything an etcd restore needs to know before it touches anything. Paths are under the host root already.</summary>
internal sealed record EtcdRestorePlan
{
    /// <summary>The data-dir as the node names it, for reports.</summary>
    public required string NodeDataDirectory { get; init; }

    public required SwapTarget Target { get; init; }

    public required InitialMember Member { get; init; }

    public required string ClusterToken { get; init; }

    public required long RevisionBump { get; init; }

    /// <summary>Version of the etcd that will run there; null when nothing says.</summary>
    public EtcdVersion? TargetVersion { get; init; }

    public FileOwner? Owner { get; init; }

    /// <summary>Where the snapshot is downloaded to: in the data-dir, so that one check of its file system covers it.</summary>
    public string SnapshotFile => Path.Combine(Target.DataDirectory, $".kb-snapshot-{Target.Id}.db");
}
