namespace K8sBackup.Coordinator.Resources;

/// <summary>What a restore would do: numbers of entries.</summary>
public sealed record RestorePreviewStatus
{
    public long Create { get; init; }

    public long Replace { get; init; }

    public long Keep { get; init; }

    public long Delete { get; init; }

    public long Fail { get; init; }
}
