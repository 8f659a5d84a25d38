using K8sBackup.Etcd.DataDir;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>
/// Undoes what was done to this node's data: (1) refuse once an API server may have run, (2) note the direction, (3) stop
/// the new etcd, (4) put the old data back, (5) remove what was built. Starts nothing: the old etcd comes back when all
/// nodes are here.
/// </summary>
internal sealed class RollBackStep : IMemberStep
{
    private readonly NodeJournals _journals;
    private readonly Manifests _manifests;
    private readonly MemberPlaces _places;
    private readonly EtcdStop _stop;
    private readonly StepGate _gate;

    public RollBackStep(NodeJournals journals, Manifests manifests, MemberPlaces places, EtcdStop stop, StepGate gate)
    {
        _journals = journals;
        _manifests = manifests;
        _places = places;
        _stop = stop;
        _gate = gate;
    }

    public async Task<RestoreStepReport> RunAsync(StepRun run, CancellationToken cancellationToken)
    {
        // A node that was never touched gets a journal, too: it refuses what may still be on its way.
        NodeJournal journal = _journals.Read(run.RestoreId) ?? new NodeJournal { RestoreId = run.RestoreId };
        // (1)
        StepGround.Require(!journal.ApiServerStarted, FailureCause.InvalidRequest, "An API server may have run on the restored data here; there is no way back.");
        if (journal.End == NodeEnd.RolledBack)
        {
            return new RestoreStepReport();
        }

        // (2)
        if (!journal.RollingBack)
        {
            journal = journal with { RollingBack = true };
            _journals.Write(journal);
        }

        MemberPlace place = _places.Locate(run.RestoreId);
        if (journal.SwapBegun)
        {
            // (3)
            journal = await _stop.StopAsync(run, journal, place, cancellationToken);
            // (4)
            DataDirSwap swap = new(place.Target);
            if (swap.ReadPhase() is not null and not SwapPhase.RolledBack)
            {
                _gate.Pass("swap back");
                swap.Rollback();
                _gate.Pass("swapped back");
            }
        }

        // (5)
        StagedFiles.Remove(place);
        return new RestoreStepReport { Notes = { $"{place.NodeDataDirectory} holds what it held before." } };
    }
}
