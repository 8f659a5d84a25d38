using System.Net;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>Gives the API server's manifest back and waits until it is ready. From the journal's word on there is no way back.</summary>
internal sealed class StartApiServerStep : IMemberStep
{
    private readonly StepGround _ground;
    private readonly NodeJournals _journals;
    private readonly Manifests _manifests;
    private readonly MemberPlaces _places;
    private readonly StepWait _wait;

    public StartApiServerStep(
        StepGround ground, NodeJournals journals, Manifests manifests, MemberPlaces places, StepWait wait)
    {
        _ground = ground;
        _journals = journals;
        _manifests = manifests;
        _places = places;
        _wait = wait;
    }

    public async Task<RestoreStepReport> RunAsync(StepRun run, CancellationToken cancellationToken)
    {
        NodeJournal journal = _ground.Swapped(run.RestoreId, _places.Locate(run.RestoreId));
        bool runs = journal.EtcdStarted && _manifests.IsInPlace(Manifests.Etcd);
        StepGround.Require(runs, FailureCause.InvalidRequest, "The step is refused: etcd is to be started first.");
        run.Meter.Begin("starting the API server");
        if (!journal.ApiServerStarted)
        {
            journal = journal with { ApiServerStarted = true };
            _journals.Write(journal);
        }

        if (!_manifests.IsHeld(run.RestoreId, Manifests.ApiServer) && !_manifests.IsInPlace(Manifests.ApiServer))
        {
            return new RestoreStepReport { Notes = { "There is no manifest of an API server on this node." } };
        }

        _manifests.PutInPlace(journal, Manifests.ApiServer);
        DnsEndPoint place = PodPorts.Of(Manifests.ApiServer, _manifests.Flags(run.RestoreId, Manifests.ApiServer));
        bool ready = await _wait.UntilAsync(() => ApiServerReadiness.IsReadyAsync(place, cancellationToken), run.Patience, cancellationToken);
        StepGround.Require(ready, FailureCause.TimedOut, $"The API server is not ready {run.Patience.TotalSeconds:0} s after its manifest was put back; look at its log.");
        return new RestoreStepReport();
    }
}
