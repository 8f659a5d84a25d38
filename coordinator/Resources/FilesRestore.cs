namespace K8sBackup.Coordinator.Resources;

/// <summary>Files of a volume.</summary>
public sealed record FilesRestore
{
    public string Volume { get => field ?? ""; init; }

    public string Node { get => field ?? ""; init; }

    public IReadOnlyList<string> Paths { get => field ?? []; init; }

    public string OnNode { get => field ?? ""; init; }

    public string Target { get => field ?? ""; init; }

    public string Conflicts { get => field ?? ""; init; }

    /// <summary>Nothing is changed; the status says what would be.</summary>
    public bool DryRun { get; init; }

    public bool KeepPrivileges { get; init; }

    public bool Devices { get; init; }
}
