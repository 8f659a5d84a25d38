namespace K8sBackup.Coordinator.Resources;

/// <summary>One aspect of an object's state, in the usual style.</summary>
public sealed record Condition
{
    public string Type { get => field ?? ""; init; }

    /// <summary>True, False or Unknown.</summary>
    public string Status { get => field ?? ""; init; }

    public long? ObservedGeneration { get; init; }

    public DateTimeOffset? LastTransitionTime { get; init; }

    /// <summary>A word for programs.</summary>
    public string Reason { get => field ?? ""; init; }

    /// <summary>A sentence for people.</summary>
    public string Message { get => field ?? ""; init; }
}
