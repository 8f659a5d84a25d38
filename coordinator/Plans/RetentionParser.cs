using K8sBackup.Model.Ids;
using K8sBackup.Model.Retention;
using K8sBackup.Settings.Yaml;

namespace K8sBackup.Coordinator.Plans;

/// <summary>Reads a plan's retention.</summary>
internal static class RetentionParser
{
    private const int KeepMax = 100_000;
    private const int MinimumGoodMax = 1000;

    private static readonly (string Field, SourceKind Kind)[] Kinds =
        [("etcd", SourceKind.Etcd), ("controlPlane", SourceKind.ControlPlaneFiles), ("volume", SourceKind.Volume)];

    /// <summary>The retention; everything is kept when there is none. An unknown time zone is a fault of the schedule, not of this.</summary>
    public static RetentionPolicy Read(YamlObject? retention, string? timeZone)
    {
        if (retention is null)
        {
            return RetentionPolicy.KeepAll;
        }

        RetentionRules rules = ReadRules(retention);
        Dictionary<SourceKind, RetentionRules> byKind = [];
        foreach ((string field, SourceKind kind) in Kinds)
        {
            if (retention.Mapping(field) is { } own)
            {
                byKind[kind] = ReadRules(own);
                own.RejectOthers();
                RejectNothing(own, byKind[kind]);
            }
        }

        int? minimumGood = retention.Number("minimumGood", 1, MinimumGoodMax);
        retention.RejectOthers();
        RejectNothing(retention, rules);
        return new RetentionPolicy
        {
            Rules = rules,
            ByKind = byKind,
            MinimumGood = minimumGood ?? RetentionPolicy.MinimumGoodDefault,
            Zone = TimeZoneInfo.TryFindSystemTimeZoneById(timeZone ?? "UTC", out TimeZoneInfo? zone) ? zone : TimeZoneInfo.Utc,
        };
    }

    private static RetentionRules ReadRules(YamlObject rules) => new()
    {
        KeepLast = rules.Number("keepLast", 0, KeepMax),
        KeepHourly = rules.Number("keepHourly", 0, KeepMax),
        KeepDaily = rules.Number("keepDaily", 0, KeepMax),
        KeepWeekly = rules.Number("keepWeekly", 0, KeepMax),
        KeepMonthly = rules.Number("keepMonthly", 0, KeepMax),
        KeepYearly = rules.Number("keepYearly", 0, KeepMax),
        KeepWithin = rules.Duration("keepWithin", TimeSpan.FromHours(1), TimeSpan.FromDays(36_500)),
    };

    private static void RejectNothing(YamlObject at, RetentionRules rules)
    {
        int?[] counts = [rules.KeepLast, rules.KeepHourly, rules.KeepDaily, rules.KeepWeekly, rules.KeepMonthly, rules.KeepYearly];
        if (rules.KeepWithin is null && counts.Any(c => c is not null) && counts.All(c => c is null or 0))
        {
            at.Fault("keepLast", "these rules would keep nothing; leave them out to keep everything.");
        }
    }
}
