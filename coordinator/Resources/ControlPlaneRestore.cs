namespace K8sBackup.Coordinator.Resources;

/// <summary>Control-plane files of one node, into a directory.</summary>
public sealed record ControlPlaneRestore
{
    public string Name { get => field ?? ""; init; }

    public string Node { get => field ?? ""; init; }

    public string OnNode { get => field ?? ""; init; }

    public IReadOnlyList<string> Paths { get => field ?? []; init; }

    public string Target { get => field ?? ""; init; }

    public string Conflicts { get => field ?? ""; init; }

    /// <summary>Nothing is changed; the status says what would be.</summary>
    public bool DryRun { get; init; }
}
