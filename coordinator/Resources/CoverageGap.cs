namespace K8sBackup.Coordinator.Resources;

/// <summary>Something that cannot be had back, in the status of a plan.</summary>
public sealed record CoverageGap
{
    public string Kind { get => field ?? ""; init; }

    public string Namespace { get => field ?? ""; init; }

    public string Name { get => field ?? ""; init; }

    public string Node { get => field ?? ""; init; }

    /// <summary>Why.</summary>
    public string Reason { get => field ?? ""; init; }
}
