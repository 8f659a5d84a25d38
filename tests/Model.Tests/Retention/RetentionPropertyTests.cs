using FsCheck;
using FsCheck.Fluent;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Retention;

namespace K8sBackup.Model.Tests.Retention;

/// <summary>What holds for any points, any rules and any time.</summary>
public sealed class RetentionPropertyTests
{
    private static readonly DateTimeOffset Origin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly Gen<RetentionPoint> Points =
        from minutes in Gen.Choose(0, 3 * 365 * 24 * 60)
        from isGood in Gen.Elements(true, true, false)
        from kind in Gen.Elements(SourceKind.Etcd, SourceKind.Volume)
        from both in Gen.Elements(true, false)
        from sequence in Gen.Choose(0, 40)
        from pinned in Gen.Frequency((1, Gen.Constant(true)), (20, Gen.Constant(false)))
        select RetentionSamples.Point(Origin.AddMinutes(minutes), isGood, both ? [SourceKind.Etcd, SourceKind.Volume] : [kind])
            with { Sequence = sequence, Pin = pinned ? "by somebody: for something" : null };

    private static readonly Gen<int?> Counts = Gen.Frequency((2, Gen.Constant<int?>(null)), (3, Gen.Choose(0, 12).Select(n => (int?)n)));

    private static readonly Gen<RetentionPolicy> Policies =
        from last in Counts
        from hourly in Counts
        from daily in Counts
        from weekly in Counts
        from monthly in Counts
        from yearly in Counts
        from within in Counts
        from minimum in Gen.Choose(1, 6)
        from zone in Gen.Elements("UTC", "Europe/Berlin", "Pacific/Auckland", "America/St_Johns")
        select new RetentionPolicy
        {
            Rules = new RetentionRules
            {
                KeepLast = last,
                KeepHourly = hourly,
                KeepDaily = daily,
                KeepWeekly = weekly,
                KeepMonthly = monthly,
                KeepYearly = yearly,
                KeepWithin = within is { } days ? TimeSpan.FromDays(days + 1) : null,
            },
            MinimumGood = minimum,
            Zone = TimeZoneInfo.FindSystemTimeZoneById(zone),
        };

    private static readonly Gen<(RetentionPoint[] Points, RetentionPolicy Policy, DateTimeOffset Now)> Cases =
        from points in Points.ArrayOf()
        from policy in Policies
        from minutes in Gen.Choose(0, 4 * 365 * 24 * 60)
        select (points.DistinctBy(p => p.Id).ToArray(), policy, Origin.AddMinutes(minutes));

    [Fact]
    public void MinimumOfGoodPoints_IsNeverUndercut() => Holds(c =>
    {
        HashSet<RestorePointId> stay = Staying(c.Points, c.Policy, c.Now);
        return new[] { SourceKind.Etcd, SourceKind.Volume }.All(kind =>
        {
            RetentionPoint[] good = [.. c.Points.Where(p => p.GoodKinds.Contains(kind) && p.CreatedAt <= c.Now)
                .OrderByDescending(p => p.Sequence).ThenByDescending(p => p.Id)];
            return good.Take(c.Policy.MinimumGood).All(p => stay.Contains(p.Id));
        });
    });

    [Fact]
    public void PinnedPoints_AlwaysStay() => Holds(c =>
    {
        HashSet<RestorePointId> stay = Staying(c.Points, c.Policy, c.Now);
        return c.Points.Where(p => p.Pin is not null).All(p => stay.Contains(p.Id));
    });

    [Fact]
    public void PointsOfTheFuture_StayAndPushNoOtherOut() => Holds(c =>
    {
        HashSet<RestorePointId> with = Staying(c.Points, c.Policy, c.Now);
        RetentionPoint[] past = [.. c.Points.Where(p => p.CreatedAt <= c.Now + TimeSpan.FromMinutes(5))];
        HashSet<RestorePointId> without = Staying(past, c.Policy, c.Now);
        return c.Points.Except(past).All(p => with.Contains(p.Id)) && past.All(p => with.Contains(p.Id) == without.Contains(p.Id));
    });

    [Fact]
    public void AClockThatWentBack_LetsNothingGoThatWouldStayOtherwise() => Holds(c =>
    {
        // Everything is in the future of a clock ten years back.
        HashSet<RestorePointId> stay = Staying(c.Points, c.Policy, c.Now.AddYears(-10));
        return c.Points.All(p => stay.Contains(p.Id));
    });

    [Fact]
    public void TimeThatPassesWithoutABackup_LetsNothingGo() => Holds(c =>
    {
        RetentionPoint[] past = [.. c.Points.Where(p => p.CreatedAt <= c.Now)];
        return Staying(past, c.Policy, c.Now.AddYears(30)).SetEquals(Staying(past, c.Policy, c.Now));
    });

    [Fact]
    public void EveryVerdict_SaysWhy() => Holds(c =>
        RetentionEvaluator.Evaluate(c.Points, c.Policy, c.Now).All(v => v.Stays ? v.Against.Count == 0 : v.Against.Count > 0));

    [Fact]
    public void Explaining_ChangesNoVerdict() => Holds(c =>
        RetentionEvaluator.Evaluate(c.Points, c.Policy, c.Now, explains: _ => false).Where(v => v.Stays).Select(v => v.Id).ToHashSet()
            .SetEquals(Staying(c.Points, c.Policy, c.Now)));

    [Fact]
    public void MoreOfARule_KeepsNoLess() => Holds(c =>
    {
        RetentionRules more = c.Policy.Rules with
        {
            KeepLast = c.Policy.Rules.KeepLast + 1, KeepDaily = c.Policy.Rules.KeepDaily + 2, KeepYearly = c.Policy.Rules.KeepYearly + 1,
        };
        return Staying(c.Points, c.Policy with { Rules = more }, c.Now).IsSupersetOf(Staying(c.Points, c.Policy, c.Now));
    });

    [Fact]
    public void OrderOfThePoints_MakesNoDifference() => Holds(c =>
        Staying(c.Points, c.Policy, c.Now).SetEquals(Staying([.. c.Points.Reverse()], c.Policy, c.Now)));

    [Fact]
    public void EvaluatingWhatStayed_LetsNothingMoreGo() => Holds(c =>
    {
        // Otherwise each prune would eat further into what the one before kept.
        HashSet<RestorePointId> stay = Staying(c.Points, c.Policy, c.Now);
        RetentionPoint[] left = [.. c.Points.Where(p => stay.Contains(p.Id))];
        return Staying(left, c.Policy, c.Now).SetEquals(stay);
    });

    private static HashSet<RestorePointId> Staying(RetentionPoint[] points, RetentionPolicy policy, DateTimeOffset now) =>
        [.. RetentionEvaluator.Evaluate(points, policy, now).Where(v => v.Stays).Select(v => v.Id)];

    private static void Holds(Func<(RetentionPoint[] Points, RetentionPolicy Policy, DateTimeOffset Now), bool> property) =>
        Prop.ForAll(Cases.ToArbitrary(), property).QuickCheckThrowOnFailure();
}
