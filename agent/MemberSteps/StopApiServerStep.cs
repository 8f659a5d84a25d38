using System.Net;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>Takes the API server's manifest away and waits until nobody listens in its place.</summary>
internal sealed class StopApiServerStep : IMemberStep
{
    private readonly StepGround _ground;
    private readonly Manifests _manifests;
    private readonly PortProbe _ports;
    private readonly StepWait _wait;

    public StopApiServerStep(StepGround ground, Manifests manifests, PortProbe ports, StepWait wait)
    {
        _ground = ground;
        _manifests = manifests;
        _ports = ports;
        _wait = wait;
    }

    public async Task<RestoreStepReport> RunAsync(StepRun run, CancellationToken cancellationToken)
    {
        // A node that stays out of the new cluster is stopped without anything built on it.
        NodeJournal journal = _ground.Begin(run.RestoreId);
        StepGround.Require(!journal.EtcdStarted, FailureCause.InvalidRequest, "The step is refused: the new data runs already.");
        run.Meter.Begin("stopping the API server");
        DnsEndPoint place = PodPorts.Of(Manifests.ApiServer, _manifests.Flags(run.RestoreId, Manifests.ApiServer));
        journal = _manifests.Hold(journal, Manifests.ApiServer);
        if (!_manifests.IsHeld(run.RestoreId, Manifests.ApiServer))
        {
            return new RestoreStepReport { Notes = { "There is no manifest of an API server on this node." } };
        }

        bool gone = await _wait.UntilAsync(async () => !await _ports.IsOpenAsync(place, cancellationToken), run.Patience, cancellationToken);
        StepGround.Require(gone, FailureCause.TimedOut, $"The API server still listens on {place.Host}:{place.Port} {run.Patience.TotalSeconds:0} s after its manifest was taken away.");
        return new RestoreStepReport { Notes = { $"The API server is stopped; its manifest is in {NodeJournals.NodeFolder(journal.RestoreId)}." } };
    }
}
