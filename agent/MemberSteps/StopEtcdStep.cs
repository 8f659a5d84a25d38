using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>Stops etcd on this node, behind its API server.</summary>
internal sealed class StopEtcdStep : IMemberStep
{
    private readonly StepGround _ground;
    private readonly Manifests _manifests;
    private readonly MemberPlaces _places;
    private readonly EtcdStop _stop;

    public StopEtcdStep(StepGround ground, Manifests manifests, MemberPlaces places, EtcdStop stop)
    {
        _ground = ground;
        _manifests = manifests;
        _places = places;
        _stop = stop;
    }

    public async Task<RestoreStepReport> RunAsync(StepRun run, CancellationToken cancellationToken)
    {
        NodeJournal journal = _ground.Begin(run.RestoreId);
        StepGround.Require(!_manifests.IsInPlace(Manifests.ApiServer), FailureCause.InvalidRequest, "The step is refused: the API server is to be stopped first.");
        StepGround.Require(!journal.EtcdStarted, FailureCause.InvalidRequest, "The step is refused: the new data runs already.");
        await _stop.StopAsync(run, journal, _places.Locate(run.RestoreId), cancellationToken);
        return new RestoreStepReport { Notes = { $"etcd is stopped; its manifest is in {NodeJournals.NodeFolder(run.RestoreId)}." } };
    }
}
