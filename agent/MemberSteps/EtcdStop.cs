using System.Net;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>Takes etcd's manifest away and waits until its ports are closed and the locks of its data are free.</summary>
internal sealed class EtcdStop
{
    private readonly Manifests _manifests;
    private readonly PortProbe _ports;
    private readonly StepWait _wait;

    public EtcdStop(Manifests manifests, PortProbe ports, StepWait wait)
    {
        _manifests = manifests;
        _ports = ports;
        _wait = wait;
    }

    /// <summary>The journal as it is then.</summary>
    /// <exception cref="BackupException">It did not stop in time.</exception>
    public async Task<NodeJournal> StopAsync(StepRun run, NodeJournal journal, MemberPlace place, CancellationToken cancellationToken)
    {
        run.Meter.Begin("stopping etcd");
        journal = _manifests.Hold(journal, Manifests.Etcd);
        StepGround.Require(_manifests.IsHeld(run.RestoreId, Manifests.Etcd), FailureCause.SourceMissing, "The etcd manifest has vanished from this node.");
        string last = "";
        bool stopped = await _wait.UntilAsync(
            async () => (last = await StillAsync(place, cancellationToken)).Length == 0, run.Patience, cancellationToken);
        StepGround.Require(stopped, FailureCause.TargetInUse, $"{run.Patience.TotalSeconds:0} s after etcd's manifest was taken away, {last}.");
        return journal;
    }

    private async Task<string> StillAsync(MemberPlace place, CancellationToken cancellationToken)
    {
        foreach (DnsEndPoint port in PodPorts.OfEtcd(place.Pod))
        {
            if (await _ports.IsOpenAsync(port, cancellationToken))
            {
                return $"something still listens on {port.Host}:{port.Port}";
            }
        }

        using DataDirLock held = DataDirLock.TryAcquire(place.Target.MemberDirectory, place.Target.WalDirectory);
        return held.Use is DataDirUse.Free or DataDirUse.NoMember ? "" : $"a running etcd still holds {place.NodeDataDirectory} ({held.Use})";
    }
}
