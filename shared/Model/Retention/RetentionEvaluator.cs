using K8sBackup.Model.Ids;

namespace K8sBackup.Model.Retention;

/// <summary>
/// Decides which restore points of one plan stay, and says why. Each kind of source is looked at by itself, over the points that have a
/// snapshot of it, and a point that any kind keeps stays. In each period the newest good point counts, or the newest where none is good, so that
/// failed runs push no good point out. Points dated in the future stay and count for nothing. Pure: the answer depends on the arguments only.
/// </summary>
public static class RetentionEvaluator
{
    // Clocks of coordinators that follow each other differ by this much at most without being wrong.
    private static readonly TimeSpan FutureTolerance = TimeSpan.FromMinutes(5);

    /// <summary>One verdict for each point, newest first.</summary>
    public static IReadOnlyList<RetentionVerdict> Evaluate(IEnumerable<RetentionPoint> points, RetentionPolicy policy, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(points);
        ArgumentNullException.ThrowIfNull(policy);
        RetentionPoint[] newestFirst = [.. points.OrderByDescending(p => p.Id)];
        Dictionary<RestorePointId, List<string>> reasons = newestFirst.ToDictionary(p => p.Id, _ => new List<string>());
        foreach (RetentionPoint point in newestFirst.Where(p => p.Pin is not null))
        {
            reasons[point.Id].Add($"pinned {point.Pin}");
        }

        RetentionPoint[] counted = [.. newestFirst.Where(p => p.CreatedAt <= now + FutureTolerance)];
        foreach (RetentionPoint point in newestFirst.Except(counted))
        {
            reasons[point.Id].Add("dated in the future");
        }

        if (counted.Length > 0)
        {
            reasons[counted[0].Id].Add("newest");
        }

        foreach (SourceKind kind in counted.SelectMany(p => p.Kinds).Distinct().Order())
        {
            RetentionPoint[] ofKind = [.. counted.Where(p => p.Kinds.Contains(kind))];
            Apply(ofKind, kind, policy, now, (point, reason) => reasons[point.Id].Add($"{SourceKey.KindName(kind)}: {reason}"));
        }

        return [.. newestFirst.Select(p => new RetentionVerdict(p.Id, reasons[p.Id]))];
    }

    private static void Apply(
        RetentionPoint[] points, SourceKind kind, RetentionPolicy policy, DateTimeOffset now, Action<RetentionPoint, string> keep)
    {
        RetentionRules rules = policy.RulesOf(kind);
        if (rules.KeepsAll)
        {
            Array.ForEach(points, p => keep(p, "everything is kept"));
            return;
        }

        KeepFirst(points, rules.KeepLast, "last", keep);
        KeepPeriods(points, rules.KeepHourly, "hourly", RetentionPeriod.Hour, kind, policy.Zone, keep);
        KeepPeriods(points, rules.KeepDaily, "daily", RetentionPeriod.Day, kind, policy.Zone, keep);
        KeepPeriods(points, rules.KeepWeekly, "weekly", RetentionPeriod.Week, kind, policy.Zone, keep);
        KeepPeriods(points, rules.KeepMonthly, "monthly", RetentionPeriod.Month, kind, policy.Zone, keep);
        KeepPeriods(points, rules.KeepYearly, "yearly", RetentionPeriod.Year, kind, policy.Zone, keep);
        if (rules.KeepWithin is { } within)
        {
            foreach (RetentionPoint point in points.Where(p => now - p.CreatedAt < within))
            {
                keep(point, $"younger than {within:c}");
            }
        }

        KeepFirst([.. points.Where(p => p.GoodKinds.Contains(kind))], policy.MinimumGood, "good", keep);
    }

    private static void KeepFirst(RetentionPoint[] points, int? count, string rule, Action<RetentionPoint, string> keep)
    {
        for (int i = 0; i < Math.Min(points.Length, count ?? 0); i++)
        {
            keep(points[i], $"{rule} {i + 1} of {count}");
        }
    }

    private static void KeepPeriods(
        RetentionPoint[] points,
        int? count,
        string rule,
        Func<DateTimeOffset, string> periodOf,
        SourceKind kind,
        TimeZoneInfo zone,
        Action<RetentionPoint, string> keep)
    {
        int number = 0;
        IEnumerable<IGrouping<string, RetentionPoint>> periods = points.GroupBy(p => periodOf(TimeZoneInfo.ConvertTime(p.CreatedAt, zone)));
        foreach (IGrouping<string, RetentionPoint> period in periods.Take(count ?? 0))
        {
            // Grouping keeps the order: periods and the points in them come newest first.
            RetentionPoint chosen = period.FirstOrDefault(p => p.GoodKinds.Contains(kind)) ?? period.First();
            keep(chosen, $"{rule} {++number} of {count} ({period.Key})");
        }
    }
}
