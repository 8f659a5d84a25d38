using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Discovery;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>The etcd member of this node, as its manifest says, and where a restore works on it.</summary>
/// <param name="Pod">The manifest.</param>
/// <param name="Setup">What it says, in paths of this process.</param>
/// <param name="Target">Where data is swapped.</param>
/// <param name="NodeDataDirectory">The data directory as the node names it.</param>
/// <param name="NodeWalDirectory">The separate WAL directory as the node names it, or null.</param>
internal sealed record MemberPlace(EtcdStaticPod Pod, EtcdMemberSetup Setup, SwapTarget Target, string NodeDataDirectory, string? NodeWalDirectory)
{
    /// <summary>Where the snapshot is brought to: in the data directory, so that one look at its room covers it.</summary>
    public string SnapshotFile => Path.Combine(Target.DataDirectory, $".kb-snapshot-{Target.Id}.db");

    /// <summary>True when an etcd that starts finds data, and does not begin an empty cluster.</summary>
    public bool HasMember => File.Exists(Path.Combine(Target.MemberDirectory, "snap", "db"));
}
