using K8sBackup.Agent.Hosting;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Discovery;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>Finds the node's member by its manifest, wherever a restore holds that. No other path is ever worked on.</summary>
internal sealed class MemberPlaces
{
    private readonly HostRoot _host;
    private readonly Manifests _manifests;

    public MemberPlaces(HostRoot host, Manifests manifests)
    {
        _host = host;
        _manifests = manifests;
    }

    /// <exception cref="BackupException">There is no manifest, or it cannot be used.</exception>
    public MemberPlace Locate(string restoreId)
    {
        string file = _manifests.PathOf(restoreId, Manifests.Etcd)
            ?? throw new BackupException(FailureCause.SourceMissing, "There is no etcd manifest on this node. Only etcd as a static pod is restored this way.");
        try
        {
            EtcdStaticPod pod = EtcdPodReader.ReadFile(file);
            EtcdMemberSetup setup = pod.Resolve(_host.Path);
            string data = _host.NodePath(setup.DataDirectory);
            string? wal = setup.WalDirectory is { } directory ? _host.NodePath(directory) : null;
            SwapTarget target = new()
            {
                DataDirectory = Resolve(data),
                Id = restoreId,
                WalDirectory = wal is null ? null : Resolve(wal),
            };
            return new MemberPlace(pod, setup, target, data, wal);
        }
        catch (Exception e) when (e is StaticPodException or IOException or UnauthorizedAccessException)
        {
            throw new BackupException(FailureCause.SourceUnreadable, $"The etcd manifest cannot be used: {e.Message}", e);
        }
    }

    private string Resolve(string nodePath) => _host.Resolve(nodePath)
        ?? throw new BackupException(FailureCause.TargetUnusable, $"{nodePath} leads in a circle of links.");
}
