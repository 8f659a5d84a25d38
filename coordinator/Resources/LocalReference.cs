namespace K8sBackup.Coordinator.Resources;

/// <summary>An object of the same namespace, by name.</summary>
public sealed record LocalReference
{
    public string Name { get => field ?? ""; init; }
}
