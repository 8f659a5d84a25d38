using Google.Protobuf;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Coordinator.Volumes;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Mapping;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Dumps;

/// <summary>
/// Turns a plan's wish for dumps into sources of a run. What is wished for and cannot be asked is a source that has failed already, with the
/// reason; the rest goes on.
/// </summary>
internal sealed class DumpResolver
{
    // The record of a run is written after each change, all of it, with every command in it.
    private const int SourcesMax = 1024;

    private readonly PlanSource.PodCommand _rule;
    private readonly PodResolution _known;

    public DumpResolver(PlanSource.PodCommand rule, PodResolution known)
    {
        _rule = rule;
        _known = known;
    }

    private string Label => $"podCommand/{_rule.Name}";

    public ResolvedSources Resolve() => _known.By(Label, Resolve);

    private ResolvedSources Resolve(ClusterState state)
    {
        IReadOnlyList<DumpDecision> decisions = DumpSelection.Decide(state, _rule.Name, _rule.Policy, node => _rule.Matches(_known.Nodes.Find(node)));
        List<string> notes = [.. ClusterRemarks.MissingNamespaces(Label, state, _rule.Policy.ExactNamespaces)];
        List<string> remarks = [.. ClusterRemarks.Age(Label, state)];
        if (decisions.Count == 0)
        {
            // A plan that names a command counts on a pod for it; one that leaves it to annotations does not.
            (_rule.Policy.Command is null ? remarks : notes).Add(_rule.Policy.Command is null
                ? $"{Label}: no pod that fits has the annotation {DumpAnnotations.Command}."
                : $"{Label}: no pod fits.");
        }

        if (decisions.Count > SourcesMax)
        {
            notes.Add($"{Label}: {decisions.Count} pods are to be dumped, and {SourcesMax} fit a run; use several plans.");
        }

        return new ResolvedSources([.. decisions.Take(SourcesMax).Select(Source)], notes) { Remarks = remarks };
    }

    private RunSource Source(DumpDecision decision)
    {
        SourceKey key = new(PodDump.Node, SourceKind.Volume, decision.SourceName);
        if (decision.Seats.Count == 0)
        {
            return Source(key, decision.Volume) with
            {
                State = SourceState.Failed,
                FinishedAt = _known.Now,
                Failure = new Failure(key.Node, key.ToString(), decision.Cause, decision.Reason),
            };
        }

        RunSource[] seats = [.. decision.Seats.Select(seat => Source(key, seat.Volume) with { Dump = seat.Dump })];
        return seats[0] with { Substitutes = seats[1..] };
    }

    private RunSource Source(SourceKey key, PodVolume volume)
    {
        Wire.BackupTask task = new()
        {
            RunId = _known.Run.ToString(),
            Source = SourceMapping.ToWire(key),
            Volume = new Wire.VolumeOptions { PodVolume = new Wire.PodVolumeOptions { Volume = PodVolumeMapping.ToWire(volume) } },
        };
        return new RunSource { Source = key, Task = JsonFormatter.Default.Format(task), State = SourceState.Waiting, Volume = volume };
    }
}
