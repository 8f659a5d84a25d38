using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.Coordinator.Resources;

/// <summary>How the run of a Backup is doing.</summary>
public sealed record BackupStatus
{
    public long? ObservedGeneration { get; init; }

    public string Phase { get => field ?? ""; init; }

    public IReadOnlyList<Condition> Conditions { get => field ?? []; init; }

    /// <summary>Id of the run, chosen before it begins.</summary>
    public string Run { get => field ?? ""; init; }

    /// <summary>The plan as restore points name it.</summary>
    public string Plan { get => field ?? ""; init; }

    public DateTimeOffset? StartTime { get; init; }

    public DateTimeOffset? CompletionTime { get; init; }

    public string RestorePoint { get => field ?? ""; init; }

    public RunProgress? Progress { get; init; }

    /// <summary>Failures first; not all of very many.</summary>
    public IReadOnlyList<SourceOutcome> Sources { get => field ?? []; init; }

    public int SourcesOmitted { get; init; }

    public IReadOnlyList<string> Warnings { get => field ?? []; init; }
}
