using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>Gives etcd's manifest back to the kubelet, once the new data is in place.</summary>
internal sealed class StartEtcdStep : IMemberStep
{
    private readonly StepGround _ground;
    private readonly NodeJournals _journals;
    private readonly Manifests _manifests;
    private readonly MemberPlaces _places;

    public StartEtcdStep(StepGround ground, NodeJournals journals, Manifests manifests, MemberPlaces places)
    {
        _ground = ground;
        _journals = journals;
        _manifests = manifests;
        _places = places;
    }

    public Task<RestoreStepReport> RunAsync(StepRun run, CancellationToken cancellationToken)
    {
        NodeJournal journal = _ground.Swapped(run.RestoreId, _places.Locate(run.RestoreId));
        run.Meter.Begin("starting etcd");
        if (!journal.EtcdStarted)
        {
            journal = journal with { EtcdStarted = true };
            _journals.Write(journal);
        }

        _manifests.PutInPlace(journal, Manifests.Etcd);
        return Task.FromResult(new RestoreStepReport());
    }
}
