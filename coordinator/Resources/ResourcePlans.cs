using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Settings.Yaml;

namespace K8sBackup.Coordinator.Resources;

/// <summary>
/// The plans of BackupPlan objects, read by the parser of plan files, since JSON is YAML. An object with a fault keeps its last
/// good version in force for as long as this process lives. One caller of <see cref="Update"/>; <see cref="Current"/> from any thread.
/// </summary>
public sealed class ResourcePlans : IPlans
{
    /// <summary>Names that are left to Backups without a plan, so that retention of a plan never meets their restore points.</summary>
    public const string TemplatePrefix = "backup.";

    private static readonly JsonSerializerOptions _format = new()
    {
        WriteIndented = true,
        // As people wrote it; the text goes to people and to a YAML parser.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly Dictionary<string, LoadedPlan> _loaded = new(StringComparer.Ordinal);
    private volatile PlanSet _current = PlanSet.Empty;

    public PlanSet Current => _current;

    /// <summary>What is wrong with the object, fields first; empty when it is in force as it is.</summary>
    public IReadOnlyList<string> FaultsOf(BackupPlanResource plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        lock (_loaded)
        {
            return _loaded.GetValueOrDefault(plan.Metadata.Uid)?.Faults ?? [];
        }
    }

    /// <summary>Takes in the objects there are; true when <see cref="Current"/> is another set than before.</summary>
    public bool Update(IReadOnlyList<BackupPlanResource> plans)
    {
        ArgumentNullException.ThrowIfNull(plans);
        lock (_loaded)
        {
            bool changed = false;
            foreach (string gone in _loaded.Keys.Except(plans.Select(p => p.Metadata.Uid)).ToArray())
            {
                changed |= _loaded.Remove(gone);
            }

            foreach (BackupPlanResource plan in plans.Where(p => p.Metadata.Name.Length > 0))
            {
                changed |= Load(plan);
            }

            if (changed)
            {
                _current = new PlanSet(
                    [.. _loaded.Values.Select(l => l.Good).OfType<BackupPlan>().OrderBy(p => p.Name, StringComparer.Ordinal)],
                    [.. _loaded.Values.OrderBy(l => l.Name, StringComparer.Ordinal).SelectMany(l => l.Faults.Select(f => new PlanFault(FileOf(l.Name), 0, f, l.Good is not null)))]);
            }

            return changed;
        }
    }

    /// <summary>A Backup's own template as a plan.</summary>
    public static BackupPlan? ParseTemplate(BackupResource backup, List<YamlFault> faults)
    {
        ArgumentNullException.ThrowIfNull(backup);
        return PlanParser.Parse(Text(TemplatePrefix + backup.Metadata.Name, backup.Spec.Template), $"backup/{backup.Metadata.Name}", faults);
    }

    private static string FileOf(string name) => $"backupplan/{name}";

    private static string Text(string name, JsonElement? spec) => new JsonObject
    {
        ["apiVersion"] = $"{ResourceKinds.Group}/v1alpha1",
        ["kind"] = "BackupPlan",
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = spec is { ValueKind: JsonValueKind.Object } given ? JsonObject.Create(given) : null,
    }.ToJsonString(_format);

    private bool Load(BackupPlanResource plan)
    {
        LoadedPlan? before = _loaded.GetValueOrDefault(plan.Metadata.Uid);
        string text = Text(plan.Metadata.Name, plan.Spec);
        if (before?.Text == text)
        {
            return false;
        }

        List<YamlFault> faults = [];
        BackupPlan? good = PlanParser.Parse(text, FileOf(plan.Metadata.Name), faults);
        List<string> reasons = [.. faults.Select(f => f.Reason)];
        if (plan.Metadata.Name.StartsWith(TemplatePrefix, StringComparison.Ordinal))
        {
            reasons.Add($"metadata.name: names that begin with '{TemplatePrefix}' are taken by Backups without a plan.");
            good = null;
        }

        _loaded[plan.Metadata.Uid] = new LoadedPlan(plan.Metadata.Name, text, good ?? before?.Good, reasons);
        return true;
    }

    private sealed record LoadedPlan(string Name, string Text, BackupPlan? Good, IReadOnlyList<string> Faults);
}
