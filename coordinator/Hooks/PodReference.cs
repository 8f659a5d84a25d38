namespace K8sBackup.Coordinator.Hooks;

/// <summary>One pod for good: another pod that gets its name later has another uid.</summary>
public sealed record PodReference(string Namespace, string Name, string Uid)
{
    public override string ToString() => $"{Namespace}/{Name}";
}
