namespace K8sBackup.Coordinator.Resources;

/// <summary>Files of a volume, which is named as a source of its node, or by its claim or pod: one of the three.</summary>
public sealed record FilesRestore
{
    public string Volume { get => field ?? ""; init; }

    public string Node { get => field ?? ""; init; }

    public ClaimReference? Claim { get; init; }

    public PodVolumeReference? Pod { get; init; }

    public IReadOnlyList<string> Paths { get => field ?? []; init; }

    public string OnNode { get => field ?? ""; init; }

    public string Target { get => field ?? ""; init; }

    /// <summary>Null for where the volume was read, or the target.</summary>
    public RestoreInto? Into { get; init; }

    public string Conflicts { get => field ?? ""; init; }

    /// <summary>Nothing is changed; the status says what would be.</summary>
    public bool DryRun { get; init; }

    public bool KeepPrivileges { get; init; }

    public bool Devices { get; init; }

    public bool FileFlags { get; init; }
}
