using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>Removes what was built and is not needed, and closes the node's journal. The former data stays.</summary>
internal sealed class FinishStep : IMemberStep
{
    private readonly NodeJournals _journals;
    private readonly Manifests _manifests;
    private readonly MemberPlaces _places;

    public FinishStep(NodeJournals journals, Manifests manifests, MemberPlaces places)
    {
        _journals = journals;
        _manifests = manifests;
        _places = places;
    }

    public Task<RestoreStepReport> RunAsync(StepRun run, CancellationToken cancellationToken)
    {
        NodeJournal journal = _journals.Read(run.RestoreId)
            ?? throw new BackupException(FailureCause.InvalidRequest, "The step is refused: the restore has done nothing here yet.");
        StepGround.Require(!journal.RollingBack, FailureCause.InvalidRequest, "The step is refused: the restore is being rolled back on this node.");
        MemberPlace place = _places.Locate(run.RestoreId);
        StagedFiles.Remove(place);
        RestoreStepReport report = new();
        if (journal.EtcdStarted && _manifests.IsHeld(run.RestoreId, Manifests.ApiServer))
        {
            // It was away when its API server was to be started; all members run on the restored data by now.
            journal = journal with { ApiServerStarted = true };
            _journals.Write(journal);
            _manifests.PutInPlace(journal, Manifests.ApiServer);
            report.Notes.Add("The API server was given back late; look whether it serves.");
        }

        foreach (string name in journal.EtcdStarted ? Manifests.Controllers : [])
        {
            _manifests.PutInPlace(journal, name);
        }

        if (!journal.IsOver)
        {
            _journals.Write(journal with { End = NodeEnd.Restored });
        }

        if (Directory.Exists(place.Target.OldMemberDirectory))
        {
            report.Notes.Add($"The former data is kept in {place.NodeDataDirectory}/{Path.GetFileName(place.Target.OldMemberDirectory)}; remove it when the cluster has run for a while.");
        }

        if (_manifests.IsHeld(run.RestoreId, Manifests.Etcd) && !journal.EtcdStarted)
        {
            report.Notes.Add($"This node is no member of the restored cluster; its manifests stay in {NodeJournals.NodeFolder(run.RestoreId)}. To bring it back: 'kubeadm reset', then join it as a control-plane node.");
        }

        return Task.FromResult(report);
    }
}
