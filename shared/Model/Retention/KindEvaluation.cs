using System.Globalization;
using K8sBackup.Model.Ids;

namespace K8sBackup.Model.Retention;

/// <summary>
/// The rules for one kind of source, over the points that have a snapshot of it, newest first. In each period the newest good point counts, or the
/// newest where none is good, so that failed runs push no good point out.
/// </summary>
internal sealed class KindEvaluation
{
    private readonly SourceKind _kind;
    private readonly RetentionPoint[] _points;
    private readonly RetentionPolicy _policy;
    private readonly Func<RestorePointId, bool> _explains;
    private readonly Func<RestorePointId, RetentionReasons> _reasonsOf;

    public KindEvaluation(
        SourceKind kind, RetentionPoint[] points, RetentionPolicy policy, Func<RestorePointId, bool> explains, Func<RestorePointId, RetentionReasons> reasonsOf)
    {
        _explains = explains;
        _kind = kind;
        _points = points;
        _policy = policy;
        _reasonsOf = reasonsOf;
    }

    public void Run()
    {
        RetentionRules rules = _policy.RulesOf(_kind);
        if (rules.KeepsAll)
        {
            Array.ForEach(_points, p => Keep(p, "everything is kept"));
            return;
        }

        First(_points, rules.KeepLast, "last");
        Periods(rules.KeepHourly, "hourly", RetentionPeriod.Hour);
        Periods(rules.KeepDaily, "daily", RetentionPeriod.Day);
        Periods(rules.KeepWeekly, "weekly", RetentionPeriod.Week);
        Periods(rules.KeepMonthly, "monthly", RetentionPeriod.Month);
        Periods(rules.KeepYearly, "yearly", RetentionPeriod.Year);
        Within(rules.KeepWithin);
        foreach (RetentionPoint point in _points.Where(p => _explains(p.Id) && !IsGood(p)))
        {
            Drop(point, "not good");
        }

        First([.. _points.Where(IsGood)], _policy.MinimumGood, "good");
    }

    private bool IsGood(RetentionPoint point) => point.GoodKinds.Contains(_kind);

    private void First(RetentionPoint[] points, int? count, string rule)
    {
        for (int i = 0; i < points.Length && count is not null; i++)
        {
            if (i < count)
            {
                Keep(points[i], $"{rule} {i + 1} of {count}");
            }
            else if (_explains(points[i].Id))
            {
                Drop(points[i], $"{rule} {i + 1}, kept are {count}");
            }
        }
    }

    private void Periods(int? count, string rule, Func<DateTimeOffset, string> periodOf)
    {
        if (count is null)
        {
            return;
        }

        int number = 0;
        IEnumerable<IGrouping<string, RetentionPoint>> periods = _points.GroupBy(p => periodOf(TimeZoneInfo.ConvertTime(p.CreatedAt, _policy.Zone)));

        // Periods in the order of time, and grouping keeps the points in each in the order of their commits.
        foreach (IGrouping<string, RetentionPoint> period in periods.OrderByDescending(g => g.Max(p => p.CreatedAt)))
        {
            number++;
            RetentionPoint chosen = period.FirstOrDefault(IsGood) ?? period.First();
            foreach (RetentionPoint point in period)
            {
                if (number <= count && point.Id == chosen.Id)
                {
                    Keep(point, $"{rule} {number} of {count} ({period.Key})");
                }
                else if (_explains(point.Id))
                {
                    Drop(point, number > count ? $"{rule} {number} ({period.Key}), kept are {count}" : $"{rule} of {period.Key} is {chosen.Id}");
                }
            }
        }
    }

    // Counted back from the newest point, not from now: a clock that jumps, or backups that stop, let nothing go.
    private void Within(TimeSpan? within)
    {
        foreach (RetentionPoint point in within is null ? [] : _points)
        {
            string length = within.GetValueOrDefault().ToString("c", CultureInfo.InvariantCulture);
            if (_points[0].CreatedAt - point.CreatedAt < within)
            {
                Keep(point, $"within {length} of the newest");
            }
            else if (_explains(point.Id))
            {
                Drop(point, $"older than {length} before the newest");
            }
        }
    }

    private void Keep(RetentionPoint point, string reason) => _reasonsOf(point.Id).Keep($"{SourceKey.KindName(_kind)}: {reason}");

    private void Drop(RetentionPoint point, string reason) => _reasonsOf(point.Id).Drop($"{SourceKey.KindName(_kind)}: {reason}");
}
