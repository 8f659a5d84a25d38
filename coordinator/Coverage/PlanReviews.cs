using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Volumes;

namespace K8sBackup.Coordinator.Coverage;

/// <summary>Divides what there is to protect among the plans that decide about it. Pure.</summary>
internal sealed class PlanReviews
{
    private readonly IReadOnlyDictionary<string, IReadOnlyList<CoverageSubject>> _ofPlans;
    private readonly IReadOnlyList<CoverageSubject> _ofNobody;

    public PlanReviews(IReadOnlyList<BackupPlan> plans, IReadOnlyCollection<NodeRecord> nodes, ClusterState? cluster)
    {
        _ofPlans = plans.ToDictionary(
            plan => plan.Name,
            IReadOnlyList<CoverageSubject> (plan) => [.. CoverageSubjects.Of([plan], nodes, cluster).Where(subject => subject.Plan == plan.Name)],
            StringComparer.Ordinal);
        _ofNobody = [.. CoverageSubjects.Of(plans, nodes, cluster).Where(subject => subject is { Verdict: CoverageVerdict.Missed, Plan: "" })];
    }

    /// <summary>Where snapshots of all that would be.</summary>
    public IReadOnlyCollection<CoverageKey> Keys => [.. _ofPlans.Values.SelectMany(subjects => subjects).Concat(_ofNobody).Select(subject => subject.Key).Distinct()];

    /// <summary>What becomes of each plan, by its name.</summary>
    public IReadOnlyDictionary<string, PlanReview> With(IReadOnlyDictionary<CoverageKey, LastGood> lastGood, string doubt) => _ofPlans.ToDictionary(
        plan => plan.Key, plan => Review(Items(plan.Value, lastGood), Items(_ofNobody, lastGood)) with { Doubt = doubt }, StringComparer.Ordinal);

    private static CoverageItem[] Items(IEnumerable<CoverageSubject> subjects, IReadOnlyDictionary<CoverageKey, LastGood> lastGood) =>
        [.. subjects.Select(subject => CoverageItem.Of(subject, lastGood.GetValueOrDefault(subject.Key)))];

    private static PlanReview Review(CoverageItem[] own, CoverageItem[] unclaimed) => new()
    {
        Protected = own.Count(item => item.State == CoverageState.Protected),
        Excluded = own.Count(item => item.State == CoverageState.Excluded),
        Unprotected = own.Count(item => item.State == CoverageState.Unprotected),
        Unclaimed = unclaimed.Length,
        OldestGood = own.Where(item => item.State == CoverageState.Protected).Min(item => item.LastGood?.At),
        Gaps = [.. own.Where(item => item.State == CoverageState.Unprotected).Concat(unclaimed).Take(PlanReview.GapsMax)],
    };
}
