namespace K8sBackup.Coordinator.Resources;

/// <summary>What is restored, from where: one of the first three, one of the next three.</summary>
public sealed record RestoreSpec
{
    public string RestorePoint { get => field ?? ""; init; }

    public LocalReference? BackupRef { get; init; }

    public LocalReference? LatestOf { get; init; }

    public FilesRestore? Files { get; init; }

    public ControlPlaneRestore? ControlPlane { get; init; }

    public EtcdRestore? Etcd { get; init; }

    public bool Cancel { get; init; }
}
