namespace K8sBackup.Model.Outcomes;

/// <summary>How far a piece of work is. Totals are 0 while unknown and may grow; the other numbers never fall.</summary>
public sealed record WorkProgress
{
    public static readonly WorkProgress None = new();

    /// <summary>A word for people: "snapshotting", "verifying", "reading", "restoring".</summary>
    public string Phase { get; init; } = "";

    public long BytesDone { get; init; }

    public long BytesTotal { get; init; }

    public long FilesDone { get; init; }

    public long FilesTotal { get; init; }

    /// <summary>Bytes that went over the network, after compression.</summary>
    public long BytesSent { get; init; }
}
