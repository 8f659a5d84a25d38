using K8sBackup.Etcd.DataDir;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>Puts the new data in place of the old, which is kept. Only while the kubelet has no etcd manifest.</summary>
internal sealed class SwapStep : IMemberStep
{
    private readonly StepGround _ground;
    private readonly NodeJournals _journals;
    private readonly Manifests _manifests;
    private readonly MemberPlaces _places;
    private readonly StepGate _gate;

    public SwapStep(StepGround ground, NodeJournals journals, Manifests manifests, MemberPlaces places, StepGate gate)
    {
        _ground = ground;
        _journals = journals;
        _manifests = manifests;
        _places = places;
        _gate = gate;
    }

    public Task<RestoreStepReport> RunAsync(StepRun run, CancellationToken cancellationToken)
    {
        NodeJournal journal = _ground.Staged(run.RestoreId);
        MemberPlace place = _places.Locate(run.RestoreId);
        DataDirSwap swap = new(place.Target);
        SwapPhase? phase = Directory.Exists(place.Target.DataDirectory) ? swap.ReadPhase() : null;
        if (phase != SwapPhase.SwappedIn)
        {
            bool held = _manifests.IsHeld(run.RestoreId, Manifests.Etcd) && !_manifests.IsInPlace(Manifests.Etcd);
            StepGround.Require(held, FailureCause.InvalidRequest, "The step is refused: etcd is to be stopped first.");
            StepGround.Require(phase is null or SwapPhase.SwappingIn, FailureCause.InvalidRequest, $"The step is refused: the swap stands at {phase}.");
            run.Meter.Begin("swapping");
            File.Delete(place.SnapshotFile);
            _journals.Write(journal with { SwapBegun = true });
            _gate.Pass("swap");
            if (phase is null)
            {
                swap.Execute();
            }
            else
            {
                swap.Resume();
            }

            _gate.Pass("swapped");
        }

        _ground.Swapped(run.RestoreId, place);
        string old = $"{place.NodeDataDirectory}/{Path.GetFileName(place.Target.OldMemberDirectory)}";
        return Task.FromResult(new RestoreStepReport
        {
            Notes = { Directory.Exists(place.Target.OldMemberDirectory) ? $"The former data is kept in {old}." : $"There was no member in {place.NodeDataDirectory} before." },
        });
    }
}
