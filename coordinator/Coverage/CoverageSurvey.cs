using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Volumes;

namespace K8sBackup.Coordinator.Coverage;

/// <summary>Looks at everything there is to protect, and whether it can be had back.</summary>
public sealed class CoverageSurvey
{
    private readonly IPlans _plans;
    private readonly NodeRegistry _nodes;
    private readonly LastGoodFinder _lastGood;
    private readonly IClusterView? _cluster;

    public CoverageSurvey(IPlans plans, NodeRegistry nodes, LastGoodFinder lastGood, IClusterView? cluster = null)
    {
        _plans = plans;
        _nodes = nodes;
        _lastGood = lastGood;
        _cluster = cluster;
    }

    /// <summary>All of it.</summary>
    /// <exception cref="Model.Outcomes.BackupException">The store cannot be read.</exception>
    public async Task<IReadOnlyList<CoverageItem>> TakeAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<CoverageSubject> subjects = CoverageSubjects.Of([.. _plans.Current.Plans], _nodes.Nodes, _cluster?.Current);
        IReadOnlyDictionary<CoverageKey, LastGood> lastGood = await _lastGood.FindAsync([.. subjects.Select(s => s.Key)], cancellationToken);
        return [.. subjects.Select(subject => CoverageItem.Of(subject, lastGood.GetValueOrDefault(subject.Key)))];
    }
}
