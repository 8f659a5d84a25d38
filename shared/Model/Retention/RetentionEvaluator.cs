using K8sBackup.Model.Ids;

namespace K8sBackup.Model.Retention;

/// <summary>
/// Decides which restore points of one plan stay, and says why. Each kind of source is looked at by itself, over the points that have a
/// snapshot of it, and a point that any kind keeps stays. Newest is what was committed last, whatever clocks said; points dated in the future stay and count for nothing. Pure: the answer depends on the
/// arguments only, and time that passes without a new point lets nothing go.
/// </summary>
public static class RetentionEvaluator
{
    // Clocks of coordinators that follow each other differ by this much at most without being wrong.
    private static readonly TimeSpan FutureTolerance = TimeSpan.FromMinutes(5);

    /// <summary>One verdict for each point, the one committed last first.</summary>
    /// <param name="points">The points of the plan.</param>
    /// <param name="policy">Its retention.</param>
    /// <param name="now">The time.</param>
    /// <param name="explains">Of which points it is said what speaks against them, which is some thousand bytes for each; null for all.</param>
    public static IReadOnlyList<RetentionVerdict> Evaluate(
        IEnumerable<RetentionPoint> points, RetentionPolicy policy, DateTimeOffset now, Func<RestorePointId, bool>? explains = null)
    {
        ArgumentNullException.ThrowIfNull(points);
        ArgumentNullException.ThrowIfNull(policy);
        RetentionPoint[] newestFirst = [.. points.OrderByDescending(p => p.Sequence).ThenByDescending(p => p.Id)];
        Dictionary<RestorePointId, RetentionReasons> reasons = newestFirst.ToDictionary(p => p.Id, _ => new RetentionReasons());
        foreach (RetentionPoint point in newestFirst.Where(p => p.Pin is not null))
        {
            reasons[point.Id].Keep($"pinned {point.Pin}");
        }

        RetentionPoint[] counted = [.. newestFirst.Where(p => p.CreatedAt <= now + FutureTolerance)];
        foreach (RetentionPoint point in newestFirst.Where(p => p.CreatedAt > now + FutureTolerance))
        {
            reasons[point.Id].Keep("dated in the future");
        }

        if (counted.Length > 0)
        {
            reasons[counted[0].Id].Keep("newest");
        }

        foreach (SourceKind kind in counted.SelectMany(p => p.Kinds).Distinct().Order())
        {
            RetentionPoint[] ofKind = [.. counted.Where(p => p.Kinds.Contains(kind))];
            new KindEvaluation(kind, ofKind, policy, explains ?? (_ => true), id => reasons[id]).Run();
        }

        foreach (RetentionPoint point in counted.Where(p => p.Kinds.Count == 0))
        {
            reasons[point.Id].Drop("has no snapshot");
        }

        return [.. newestFirst.Select(p => reasons[p.Id].ToVerdict(p.Id))];
    }
}
