using System.Text.Json;

namespace K8sBackup.Coordinator.Resources;

/// <summary>What is backed up, once.</summary>
public sealed record BackupSpec
{
    public const string Retain = "Retain";

    public const string Delete = "Delete";

    /// <summary>The plan that is run.</summary>
    public LocalReference? PlanRef { get; init; }

    /// <summary>What is backed up without a plan.</summary>
    public JsonElement? Template { get; init; }

    /// <summary><see cref="Delete"/>: the deletion of the object deletes the restore point as well.</summary>
    public string DeletionPolicy { get => field ?? ""; init; }

    public bool Cancel { get; init; }
}
