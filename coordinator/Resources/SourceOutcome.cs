namespace K8sBackup.Coordinator.Resources;

/// <summary>How one source of a run stands.</summary>
public sealed record SourceOutcome
{
    public string Source { get => field ?? ""; init; }

    public string State { get => field ?? ""; init; }

    public string Snapshot { get => field ?? ""; init; }

    public string Reason { get => field ?? ""; init; }

    public string Message { get => field ?? ""; init; }
}
