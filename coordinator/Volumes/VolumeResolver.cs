using Google.Protobuf;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Mapping;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Volumes;

/// <summary>
/// Turns a plan's wish for volumes of pods into sources of a run. What is wished for and cannot be read is a source that has failed
/// already, with the reason; the rest goes on.
/// </summary>
internal sealed class VolumeResolver
{
    /// <summary>Node in the name of a source that is on none.</summary>
    public const string NoNode = "no-node";

    // The record of a run is written after each change, all of it.
    private const int SourcesMax = 4096;

    private readonly PlanSource.PodVolumes _rule;
    private readonly PodResolution _known;

    public VolumeResolver(PlanSource.PodVolumes rule, PodResolution known)
    {
        _rule = rule;
        _known = known;
    }

    private string Label => $"podVolumes/{_rule.Name}";

    /// <summary>The sources, without those the run has already.</summary>
    public ResolvedSources Resolve(IReadOnlyCollection<RunSource> others) => _known.By(Label, state => Resolve(state, others));

    private ResolvedSources Resolve(ClusterState state, IReadOnlyCollection<RunSource> others)
    {
        IReadOnlyList<VolumeDecision> decisions = Decide(state);
        List<string> remarks = [.. Remarks(state, decisions)];
        HashSet<string> taken = [.. others.Where(s => s.Source.Kind == SourceKind.Volume).Select(s => s.Source.ToString())];
        List<RunSource> sources = [.. decisions.Select(Source).OfType<RunSource>().Where(source => taken.Add(source.Source.ToString()))];
        List<string> notes = [.. ClusterRemarks.MissingNamespaces(Label, state, _rule.Policy.Rules.Where(rule => rule.Includes).SelectMany(rule => rule.ExactNamespaces))];
        if (sources.Count > SourcesMax)
        {
            notes.Add($"{Label}: {sources.Count} volumes are chosen, and {SourcesMax} fit a run; use several plans.");
        }

        return new ResolvedSources([.. sources.Take(SourcesMax)], notes) { Remarks = remarks };
    }

    /// <summary>What the plan makes of every volume there is.</summary>
    public IReadOnlyList<VolumeDecision> Decide(ClusterState state) =>
        VolumeSelection.Decide(state, _rule.Policy, node => _known.Nodes.Find(node) is not null, node => _rule.Matches(_known.Nodes.Find(node)));

    private IEnumerable<string> Remarks(ClusterState state, IReadOnlyList<VolumeDecision> decisions) =>
    [
        .. ClusterRemarks.Age(Label, state),
        .. decisions.Where(d => d.State == VolumeState.Impossible && d.IsUnmounted && !_rule.Policy.UnmountedFails)
            .Select(decision => $"{Label}: {decision.Volume.Namespace}/{decision.Volume.Claim} is not backed up: {decision.Reason}"),
    ];

    private RunSource? Source(VolumeDecision decision)
    {
        if (decision.State == VolumeState.Chosen)
        {
            RunSource[] seats = [.. decision.Seats.OrderByDescending(seat => _known.Nodes.IsConnected(seat.Node)).Select(Source)];
            return seats[0] with { Substitutes = seats[1..] };
        }

        if (decision.State != VolumeState.Impossible || (decision.IsUnmounted && !_rule.Policy.UnmountedFails))
        {
            return null;
        }

        SourceKey key = new(SourceKey.IsName(decision.Node) ? decision.Node : NoNode, SourceKind.Volume, decision.SourceName);
        return new RunSource
        {
            Source = key,
            Task = JsonFormatter.Default.Format(new Wire.BackupTask { RunId = _known.Run.ToString(), Source = SourceMapping.ToWire(key) }),
            State = SourceState.Failed,
            FinishedAt = _known.Now,
            Failure = new Failure(key.Node, key.ToString(), FailureCause.SourceMissing, decision.Reason),
            Volume = decision.Volume,
        };
    }

    private RunSource Source(VolumeUse seat)
    {
        SourceKey key = new(seat.Node, SourceKind.Volume, seat.SourceName);
        Wire.BackupTask task = new()
        {
            RunId = _known.Run.ToString(),
            Source = SourceMapping.ToWire(key),
            FreezeSeconds = seat.Volume.Block ? 0 : (int)(_rule.Freeze ?? TimeSpan.Zero).TotalSeconds,
            Volume = new Wire.VolumeOptions
            {
                Path = seat.Volume.Kind == PodVolumeKind.HostPath ? seat.HostPath : "",
                Rules = ExclusionMapping.ToWire(_rule.Rules),
                PodVolume = new Wire.PodVolumeOptions { Volume = PodVolumeMapping.ToWire(seat.Volume), PodDirectory = seat.PodDirectory },
            },
        };
        return new RunSource { Source = key, Task = JsonFormatter.Default.Format(task), State = SourceState.Waiting, Volume = seat.Volume };
    }
}
