namespace K8sBackup.Coordinator.Resources;

/// <summary>How far a restore is.</summary>
public sealed record RestoreProgress
{
    public string Phase { get => field ?? ""; init; }

    public long BytesDone { get; init; }

    public long BytesTotal { get; init; }

    public long FilesDone { get; init; }

    public long FilesTotal { get; init; }
}
