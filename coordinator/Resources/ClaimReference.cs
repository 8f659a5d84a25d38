namespace K8sBackup.Coordinator.Resources;

/// <summary>A claim of any namespace.</summary>
public sealed record ClaimReference
{
    public string Namespace { get => field ?? ""; init; }

    public string Name { get => field ?? ""; init; }
}
