using K8sBackup.Model.Ids;
using K8sBackup.Settings.Yaml;

namespace K8sBackup.Coordinator.Plans;

/// <summary>Reads a plan file; the format is in docs/plans.md. Notes every fault, each with its line.</summary>
public static class PlanParser
{
    private const string ApiVersion = "k8sbackup.dev/v1alpha1";
    private const string Kind = "BackupPlan";

    // Long enough for a reboot with a slow disk check, short enough that the run still ends the same night.
    private static readonly TimeSpan NodeWait = TimeSpan.FromMinutes(5);

    // As for a store's own object lock.
    private static readonly TimeSpan ImmutableMin = TimeSpan.FromDays(1);
    private static readonly TimeSpan ImmutableMax = TimeSpan.FromDays(3650);

    /// <summary>The plan; null when there are faults.</summary>
    public static BackupPlan? Parse(string text, string file, List<YamlFault> faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        if (YamlDocumentReader.Read(text, faults) is not { } root)
        {
            return null;
        }

        RequireValue(root, "apiVersion", ApiVersion);
        RequireValue(root, "kind", Kind);
        string name = ReadName(root);
        YamlObject? spec = root.Mapping("spec");
        root.RejectOthers();
        if (spec is null)
        {
            root.Fault("spec", "is missing.");
            return null;
        }

        BackupPlan plan = ReadSpec(spec, name, text, file);
        return faults.Count == 0 ? plan : null;
    }

    private static BackupPlan ReadSpec(YamlObject spec, string name, string text, string file)
    {
        IReadOnlyList<NodeSelector> nodes = SelectorParser.Read(spec, "nodes");
        BackupPlan plan = new()
        {
            Name = name,
            Schedule = ReadSchedule(spec),
            TimeZone = spec.Text("timeZone") ?? "UTC",
            Paused = spec.Flag("paused", false),
            CatchUp = spec.Flag("catchUp", true),
            Sources = SourceParser.ReadAll(spec, nodes),
            Hooks = HookParser.Read(spec),
            Retention = RetentionParser.Read(spec.Mapping("retention"), spec.Text("timeZone")),
            ImmutableFor = spec.Duration("immutableFor", ImmutableMin, ImmutableMax),
            MaxConcurrent = spec.Number("maxConcurrent", 1, 1000),
            NodeWait = spec.Duration("nodeWait", TimeSpan.Zero, TimeSpan.FromHours(24)) ?? NodeWait,
            Yaml = text,
            File = file,
        };
        spec.RejectOthers();
        return plan;
    }

    private static void RequireValue(YamlObject root, string field, string value)
    {
        if (root.RequiredText(field) is { } text && text != value)
        {
            root.Fault(field, $"'{value}' is expected, not '{text}'.");
        }
    }

    private static string ReadName(YamlObject root)
    {
        if (root.Mapping("metadata") is not { } metadata)
        {
            root.Fault("metadata", "is missing; it holds the plan's name.");
            return "";
        }

        string? name = metadata.RequiredText("name");
        if (name is not null && !SourceKey.IsName(name))
        {
            metadata.Fault("name", "lower-case letters, digits, '-', '_' and '.' are allowed, beginning and ending with a letter or digit.");
        }

        metadata.RejectOthers();
        return name ?? "";
    }

    private static CronSchedule? ReadSchedule(YamlObject spec)
    {
        string? text = spec.Text("schedule");
        string zoneName = spec.Text("timeZone") ?? "UTC";
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(zoneName, out TimeZoneInfo? zone))
        {
            spec.Fault("timeZone", $"there is no time zone '{zoneName}' on the coordinator's machine; names are like Europe/Berlin.");
            return null;
        }

        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        if (!CronSchedule.TryParse(text, zone, out CronSchedule? schedule, out string reason))
        {
            spec.Fault("schedule", $"{reason}.");
        }

        return schedule;
    }
}
