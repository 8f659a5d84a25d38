using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>
/// Puts the manifests back where they were found, etcd before the API server, and closes the journal. An etcd without
/// data would begin an empty cluster, so its manifest stays away then.
/// </summary>
internal sealed class ReleaseStep : IMemberStep
{
    private readonly NodeJournals _journals;
    private readonly Manifests _manifests;
    private readonly MemberPlaces _places;

    public ReleaseStep(NodeJournals journals, Manifests manifests, MemberPlaces places)
    {
        _journals = journals;
        _manifests = manifests;
        _places = places;
    }

    public Task<RestoreStepReport> RunAsync(StepRun run, CancellationToken cancellationToken)
    {
        if (_journals.Read(run.RestoreId) is not { } journal || journal.End == NodeEnd.RolledBack)
        {
            return Task.FromResult(new RestoreStepReport());
        }

        StepGround.Require(journal is { RollingBack: true, ApiServerStarted: false }, FailureCause.InvalidRequest, "The step is refused: the node is not rolled back.");
        MemberPlace place = _places.Locate(run.RestoreId);
        RestoreStepReport report = new();
        bool safe = place.HasMember || !_manifests.IsHeld(run.RestoreId, Manifests.Etcd);
        if (safe)
        {
            _manifests.PutWhereItWas(journal, Manifests.Etcd);
            _manifests.PutWhereItWas(journal, Manifests.ApiServer);
        }
        else
        {
            report.Notes.Add(
                $"{place.NodeDataDirectory} has no member, as before, and etcd would begin an empty cluster: its manifest and the API server's stay in {NodeJournals.NodeFolder(run.RestoreId)}.");
        }

        _journals.Write(journal with { End = NodeEnd.RolledBack });
        return Task.FromResult(report);
    }
}
