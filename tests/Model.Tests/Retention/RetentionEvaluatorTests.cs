using K8sBackup.Model.Ids;
using K8sBackup.Model.Retention;

namespace K8sBackup.Model.Tests.Retention;

public sealed class RetentionEvaluatorTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 15, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Evaluate_KeepLast_KeepsTheNewestAndSaysSo()
    {
        RetentionPoint[] points = [.. Enumerable.Range(1, 10).Select(day => RetentionSamples.Point(Now.AddDays(-day)))];
        IReadOnlyList<RetentionVerdict> verdicts = Evaluate(points, new RetentionRules { KeepLast = 4 }, minimumGood: 1);
        Assert.Equal(points.Select(p => p.Id), verdicts.Select(v => v.Id));
        Assert.Equal([true, true, true, true, false, false, false, false, false, false], verdicts.Select(v => v.Stays));
        Assert.Equal(["newest", "volume: last 1 of 4", "volume: good 1 of 1"], verdicts[0].Reasons);
        Assert.Equal(["volume: last 4 of 4"], verdicts[3].Reasons);
    }

    [Fact]
    public void Evaluate_Periods_KeepTheNewestOfEach()
    {
        RetentionPoint[] points = [.. Enumerable.Range(0, 24 * 400).Select(hour => RetentionSamples.Point(Now.AddHours(-hour)))];
        RetentionRules rules = new() { KeepHourly = 3, KeepDaily = 3, KeepWeekly = 3, KeepMonthly = 3, KeepYearly = 2 };
        DateTimeOffset[] kept = [.. Evaluate(points, rules, minimumGood: 1).Where(v => v.Stays).Select(v => v.Id.Value.CreatedAt)];
        Assert.Equal(
            [
                Now, Now.AddHours(-1), Now.AddHours(-2),
                At(2026, 6, 14, 23), At(2026, 6, 13, 23), At(2026, 6, 7, 23), At(2026, 5, 31, 23), At(2026, 4, 30, 23), At(2025, 12, 31, 23),
            ],
            kept);
    }

    [Fact]
    public void Evaluate_DaysOfAZone_BeginAtItsMidnight()
    {
        TimeZoneInfo zone = TimeZoneInfo.FindSystemTimeZoneById("Pacific/Auckland");
        RetentionPoint[] points = [RetentionSamples.Point(At(2026, 6, 14, 13)), RetentionSamples.Point(At(2026, 6, 14, 11))];
        RetentionPolicy policy = new() { Rules = new RetentionRules { KeepDaily = 5 }, MinimumGood = 1 };
        Assert.Single(RetentionEvaluator.Evaluate(points, policy, Now), v => v.Stays);
        Assert.All(RetentionEvaluator.Evaluate(points, policy with { Zone = zone }, Now), v => Assert.True(v.Stays));
    }

    [Fact]
    public void Evaluate_HourThatClocksRepeat_IsTwoHours()
    {
        TimeZoneInfo berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        RetentionPoint[] points = [RetentionSamples.Point(At(2025, 10, 26, 1)), RetentionSamples.Point(At(2025, 10, 26, 0))];
        RetentionPolicy policy = new() { Rules = new RetentionRules { KeepHourly = 5 }, MinimumGood = 1, Zone = berlin };
        Assert.All(RetentionEvaluator.Evaluate(points, policy, Now), v => Assert.True(v.Stays));
    }

    [Fact]
    public void Evaluate_LastDaysOfTheYear_BelongToTheWeekOfIso()
    {
        RetentionPoint[] points = [RetentionSamples.Point(At(2026, 1, 1, 0)), RetentionSamples.Point(At(2025, 12, 30, 0))];
        Assert.Single(Evaluate(points, new RetentionRules { KeepWeekly = 9 }, minimumGood: 1), v => v.Stays);
    }

    [Fact]
    public void Evaluate_FailedPointsAfterAGoodOne_DoNotPushItOut()
    {
        RetentionPoint good = RetentionSamples.Point(At(2026, 6, 14, 1));
        RetentionPoint[] failed = [.. Enumerable.Range(2, 20).Select(hour => RetentionSamples.Point(At(2026, 6, 14, hour), isGood: false))];
        IReadOnlyList<RetentionVerdict> verdicts = Evaluate([good, .. failed], new RetentionRules { KeepDaily = 1 }, minimumGood: 1);
        Assert.Equal(["volume: daily 1 of 1 (2026-06-14)", "volume: good 1 of 1"], verdicts.Single(v => v.Id == good.Id).Reasons);
        Assert.Equal(2, verdicts.Count(v => v.Stays));
    }

    [Fact]
    public void Evaluate_RulesOfAKind_CountItsPointsOnly()
    {
        RetentionPoint[] etcd = [.. Enumerable.Range(0, 30).Select(hour => RetentionSamples.Point(Now.AddHours(-hour), kinds: SourceKind.Etcd))];
        RetentionPoint[] volumes = [.. Enumerable.Range(1, 10).Select(day => RetentionSamples.Point(Now.AddDays(-day)))];
        RetentionPolicy policy = new()
        {
            Rules = new RetentionRules { KeepDaily = 7 },
            ByKind = new Dictionary<SourceKind, RetentionRules> { [SourceKind.Etcd] = new() { KeepLast = 24 } },
            MinimumGood = 1,
        };
        IReadOnlyList<RetentionVerdict> verdicts = RetentionEvaluator.Evaluate([.. etcd, .. volumes], policy, Now);
        Assert.Equal(24, etcd.Count(p => verdicts.Single(v => v.Id == p.Id).Stays));
        Assert.Equal(7, volumes.Count(p => verdicts.Single(v => v.Id == p.Id).Stays));
    }

    [Fact]
    public void Evaluate_ClockWentBackBetweenBackups_TheOneCommittedLastIsTheNewest()
    {
        // Tuesday, Wednesday, then a clock three days back, then right again.
        RetentionPoint[] points =
        [
            RetentionSamples.Point(At(2026, 6, 9, 2)) with { Sequence = 1 },
            RetentionSamples.Point(At(2026, 6, 10, 2)) with { Sequence = 2 },
            RetentionSamples.Point(At(2026, 6, 7, 2)) with { Sequence = 3 },
        ];
        IReadOnlyList<RetentionVerdict> verdicts = Evaluate(points, new RetentionRules { KeepLast = 1 }, minimumGood: 2);
        Assert.Equal(points.Reverse().Select(p => p.Id), verdicts.Select(v => v.Id));
        Assert.Equal(["newest", "volume: last 1 of 1", "volume: good 1 of 2"], verdicts[0].Reasons);
        Assert.Equal(["volume: good 2 of 2"], verdicts[1].Reasons);
        Assert.False(verdicts[2].Stays);

        // Days are counted by the calendar all the same, and what programs that gave no place have written comes before all others.
        Assert.Equal([true, true, false], Evaluate(points, new RetentionRules { KeepDaily = 1 }, minimumGood: 1).Select(v => v.Stays));
        RetentionPoint old = RetentionSamples.Point(At(2026, 6, 12, 2));
        Assert.Equal(old.Id, Evaluate([.. points, old], new RetentionRules { KeepLast = 1 }, minimumGood: 1)[3].Id);
    }

    // 31 December 2016, 23:59:60: the clock shows 23:59:59 twice, or steps back a second at midnight.
    [Theory]
    [InlineData(900, -1, 1)]
    [InlineData(1000, -1000, 2)]
    public void Evaluate_LeapSecondBetweenBackups_TheOneCommittedLastIsTheNewest(int firstMs, int stepMs, int days)
    {
        DateTimeOffset last = new(2016, 12, 31, 23, 59, 59, TimeSpan.Zero);
        RetentionPoint before = RetentionSamples.Point(last.AddMilliseconds(firstMs)) with { Sequence = 1 };
        RetentionPoint after = RetentionSamples.Point(last.AddMilliseconds(firstMs + stepMs)) with { Sequence = 2 };

        IReadOnlyList<RetentionVerdict> kept = Evaluate([before, after], new RetentionRules { KeepLast = 1 }, minimumGood: 1);
        Assert.Equal([(after.Id, true), (before.Id, false)], kept.Select(v => (v.Id, v.Stays)));
        Assert.Equal(days, Evaluate([before, after], new RetentionRules { KeepDaily = 5 }, minimumGood: 1).Count(v => v.Stays));
        Assert.All(Evaluate([before, after], new RetentionRules { KeepLast = 1 }, minimumGood: 2), v => Assert.True(v.Stays));
    }

    [Fact]
    public void Evaluate_PointThatGoes_SaysWhatEachRuleSaysOfIt()
    {
        RetentionPoint[] points =
        [
            RetentionSamples.Point(At(2026, 6, 14, 12)), RetentionSamples.Point(At(2026, 6, 14, 6)), RetentionSamples.Point(At(2026, 6, 13, 6), isGood: false),
            RetentionSamples.Point(At(2026, 5, 1, 6)),
        ];
        RetentionRules rules = new() { KeepLast = 1, KeepDaily = 1, KeepWithin = TimeSpan.FromHours(3) };
        IReadOnlyList<RetentionVerdict> verdicts = Evaluate(points, rules, minimumGood: 1);
        Assert.Equal(
            ["volume: last 2, kept are 1", $"volume: daily of 2026-06-14 is {points[0].Id}", "volume: older than 03:00:00 before the newest", "volume: good 2, kept are 1"],
            verdicts[1].Against);
        Assert.Equal(
            ["volume: last 3, kept are 1", "volume: daily 2 (2026-06-13), kept are 1", "volume: older than 03:00:00 before the newest", "volume: not good"],
            verdicts[2].Against);
        Assert.Empty(verdicts[0].Against);
    }

    [Fact]
    public void Evaluate_KeepWithin_CountsFromTheNewestPoint()
    {
        RetentionPoint[] points = [.. Enumerable.Range(100, 10).Select(day => RetentionSamples.Point(Now.AddDays(-day)))];
        IReadOnlyList<RetentionVerdict> verdicts = Evaluate(points, new RetentionRules { KeepWithin = TimeSpan.FromDays(5) }, minimumGood: 1);
        Assert.Equal([true, true, true, true, true, false, false, false, false, false], verdicts.Select(v => v.Stays));
        Assert.Equal(["volume: within 5.00:00:00 of the newest"], verdicts[1].Reasons);
    }

    [Fact]
    public void Evaluate_EveryDayAndWeekAcrossBothClockChanges_IsCountedOnce()
    {
        // A day of 23 hours and one of 25: one point stays for each local day, whatever its length.
        TimeZoneInfo berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        foreach (DateTimeOffset from in new[] { At(2026, 3, 27, 0), At(2025, 10, 24, 0) })
        {
            RetentionPoint[] points = [.. Enumerable.Range(0, 24 * 5).Select(hour => RetentionSamples.Point(from.AddHours(hour)))];
            RetentionPolicy policy = new() { Rules = new RetentionRules { KeepDaily = 4 }, MinimumGood = 1, Zone = berlin };
            DateTimeOffset[] kept = [.. RetentionEvaluator.Evaluate(points, policy, Now).Where(v => v.Stays).Select(v => TimeZoneInfo.ConvertTime(v.Id.Value.CreatedAt, berlin))];
            Assert.Equal(4, kept.Select(k => k.Date).Distinct().Count());
            Assert.All(kept.Skip(1), k => Assert.Equal(23, k.Hour));
        }
    }

    [Fact]
    public void Evaluate_PointWithoutAnySnapshot_GoesUnlessItIsTheNewest()
    {
        RetentionPoint empty = RetentionSamples.Point(Now.AddDays(-2)) with { Kinds = new HashSet<SourceKind>(), GoodKinds = new HashSet<SourceKind>() };
        IReadOnlyList<RetentionVerdict> verdicts = Evaluate([empty, RetentionSamples.Point(Now.AddDays(-1))], new RetentionRules { KeepLast = 9 }, minimumGood: 1);
        Assert.Equal(["has no snapshot"], verdicts[1].Against);
        Assert.True(Evaluate([empty], new RetentionRules { KeepLast = 9 }, minimumGood: 1)[0].Stays);
    }

    [Fact]
    public void Evaluate_PinAndFuture_StayAndCountForNothing()
    {
        RetentionPoint old = RetentionSamples.Point(Now.AddDays(-400)) with { Pin = "by alice: audit" };
        RetentionPoint future = RetentionSamples.Point(Now.AddYears(10));
        RetentionPoint[] usual = [.. Enumerable.Range(1, 3).Select(day => RetentionSamples.Point(Now.AddDays(-day)))];
        IReadOnlyList<RetentionVerdict> verdicts = Evaluate([old, future, .. usual], new RetentionRules { KeepLast = 1 }, minimumGood: 1);
        Assert.Equal(["dated in the future"], verdicts[0].Reasons);
        Assert.Equal([true, true, false, false, true], verdicts.Select(v => v.Stays));
        Assert.Equal(["pinned by alice: audit"], verdicts[4].Reasons);
    }

    [Fact]
    public void Evaluate_NoRules_KeepsEverything() => Assert.All(
        RetentionEvaluator.Evaluate([RetentionSamples.Point(Now.AddYears(-20))], RetentionPolicy.KeepAll, Now),
        v => Assert.Contains("volume: everything is kept", v.Reasons));

    private static IReadOnlyList<RetentionVerdict> Evaluate(IEnumerable<RetentionPoint> points, RetentionRules rules, int minimumGood) =>
        RetentionEvaluator.Evaluate(points, new RetentionPolicy { Rules = rules, MinimumGood = minimumGood }, Now);

    private static DateTimeOffset At(int year, int month, int day, int hour) => new(year, month, day, hour, 0, 0, TimeSpan.Zero);
}
