using K8sBackup.Coordinator.Plans;
using K8sBackup.Repository.Pruning;
using K8sBackup.Settings.Yaml;

namespace K8sBackup.Coordinator.Retention;

/// <summary>Reads the section <c>prune</c> of the coordinator's configuration.</summary>
internal static class PruneSettingsParser
{
    // Shorter ones are no protection against a write that arrives late.
    private static readonly TimeSpan GraceMin = TimeSpan.FromHours(1);
    private static readonly TimeSpan UnsafeGraceMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan GraceMax = TimeSpan.FromDays(365);

    public static PruneSettings Read(YamlObject? prune)
    {
        PruneSettings standard = new();
        if (prune is null)
        {
            return standard;
        }

        TimeSpan graceMin = prune.Flag("unsafeGrace", false) ? UnsafeGraceMin : GraceMin;
        TimeSpan grace = prune.Duration("grace", graceMin, GraceMax) ?? standard.Options.Grace;
        PruneOptions options = standard.Options with
        {
            Grace = grace,
            Settle = grace < standard.Options.Settle ? grace : standard.Options.Settle,
            RepackThresholdPercent = prune.Number("repackThreshold", 0, 95) ?? standard.Options.RepackThresholdPercent,
        };
        PruneSettings settings = new() { Schedule = Schedule(prune), Options = options };
        prune.RejectOthers();
        return settings;
    }

    private static CronSchedule? Schedule(YamlObject prune)
    {
        string zoneName = prune.Text("timeZone") ?? "UTC";
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(zoneName, out TimeZoneInfo? zone))
        {
            prune.Fault("timeZone", $"there is no time zone '{zoneName}' on the coordinator's machine; names are like Europe/Berlin.");
            return null;
        }

        string text = prune.Text("schedule") ?? PruneSettings.ScheduleDefault;
        if (text == "never")
        {
            return null;
        }

        if (!CronSchedule.TryParse(text, zone, out CronSchedule? schedule, out string reason))
        {
            prune.Fault("schedule", $"{reason}; or never.");
        }

        return schedule;
    }
}
