namespace K8sBackup.Coordinator.Resources;

/// <summary>How far a run is.</summary>
public sealed record RunProgress
{
    public int SourcesTotal { get; init; }

    public int SourcesDone { get; init; }

    public int SourcesFailed { get; init; }

    public long BytesDone { get; init; }

    public long BytesSent { get; init; }

    public long FilesDone { get; init; }

    /// <summary>For people: done/total.</summary>
    public string Text { get => field ?? ""; init; }
}
