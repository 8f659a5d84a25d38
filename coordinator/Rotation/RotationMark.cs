namespace K8sBackup.Coordinator.Rotation;

/// <summary>A replacement of the authority that goes on, or the last one that ended.</summary>
public sealed record RotationMark
{
    public DateTimeOffset BeganAt { get; init; }

    /// <summary>Until then the former authority is trusted in any case.</summary>
    public DateTimeOffset OverlapEndsAt { get; init; }

    /// <summary>Null while it goes on.</summary>
    public DateTimeOffset? FinishedAt { get; init; }
}
