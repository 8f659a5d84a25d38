using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.Coordinator.Resources;

/// <summary>How a restore is doing.</summary>
public sealed record RestoreStatus
{
    public long? ObservedGeneration { get; init; }

    public string Phase { get => field ?? ""; init; }

    public IReadOnlyList<Condition> Conditions { get => field ?? []; init; }

    /// <summary>Id of the restore.</summary>
    public string Restore { get => field ?? ""; init; }

    public string RestorePoint { get => field ?? ""; init; }

    public string Snapshot { get => field ?? ""; init; }

    public string Node { get => field ?? ""; init; }

    /// <summary>Null unless it is a volume of a pod.</summary>
    public RestoredVolume? Into { get; init; }

    public DateTimeOffset? StartTime { get; init; }

    public DateTimeOffset? CompletionTime { get; init; }

    public RestoreProgress? Progress { get; init; }

    public long RestoredEntries { get; init; }

    public long SkippedEntries { get; init; }

    public long FailedEntries { get; init; }

    public long RestoredBytes { get; init; }

    public long DeletedEntries { get; init; }

    /// <summary>What a dry run found; null for others.</summary>
    public RestorePreviewStatus? Preview { get; init; }

    public IReadOnlyList<string> Warnings { get => field ?? []; init; }
}
