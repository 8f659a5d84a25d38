using K8sBackup.Repository.Keeping;

namespace K8sBackup.Repository.Pruning;

/// <summary>How a prune decides. The defaults are for a repository that is written to every day.</summary>
public sealed record PruneOptions
{
    /// <summary>
    /// How long packs stay after they were condemned. Longer than anything that is under way can take: a write that the store applies late,
    /// a process that was suspended, a restore from a snapshot that is gone.
    /// </summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromHours(72);

    /// <summary>Packs with a smaller share of live bytes than this, in percent, are copied and condemned. With 0 nothing is copied.</summary>
    public int RepackThresholdPercent { get; init; } = 70;

    /// <summary>Live bytes copied in one prune: what it may cost besides.</summary>
    public long RepackBytesMax { get; init; } = 8L << 30;

    /// <summary>
    /// Capping: the newest snapshot of a source is to be in at most this many times the packs its bytes would fill, but see
    /// <see cref="PacksPerSnapshotMin"/>. The packs with the least of it are copied together, so that restores of long chains stay sequential.
    /// </summary>
    public int PacksPerIdealMax { get; init; } = 4;

    /// <summary>Packs the newest snapshot of a source may be in, however small it is.</summary>
    public int PacksPerSnapshotMin { get; init; } = 16;

    /// <summary>
    /// A gap in recorded times beyond this looks like a clock that jumped: nothing is deleted until the time after it has gone on for
    /// <see cref="Grace"/>. Also the longest time since the newest record.
    /// </summary>
    public TimeSpan ClockGapMax { get; init; } = TimeSpan.FromDays(45);

    /// <summary>How far the wall clock may be off the monotonic clock, and off the store's.</summary>
    public TimeSpan ClockSkewMax { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How far the store's clock is ahead of this machine's; null as long as it does not say.</summary>
    public Func<TimeSpan?> StoreAhead { get; init; } = static () => null;

    /// <summary>
    /// How long a writer must have been open, or have known a tombstone, and how long an older upload must be over before it deletes: by then
    /// late writes have arrived, and the store lists what it has. At most 6 hours.
    /// </summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Set when the store is to keep what stays from being deleted.</summary>
    public ObjectKeeping? Keeping { get; init; }

    /// <exception cref="ArgumentException">A value is out of range; the message names all that are.</exception>
    public void Validate()
    {
        List<string> faults = [];
        if (Grace < TimeSpan.Zero || Grace > TimeSpan.FromDays(3650) || Settle < TimeSpan.Zero || Settle > Grace || Settle > TimeSpan.FromHours(6))
        {
            faults.Add($"{nameof(Grace)} must be 0 to 3650 days, and {nameof(Settle)} not longer and at most 6 hours");
        }

        if (RepackThresholdPercent is < 0 or > 95)
        {
            faults.Add($"{nameof(RepackThresholdPercent)} must be 0 (never) to 95");
        }

        if (RepackBytesMax < 0 || PacksPerIdealMax < 1 || PacksPerSnapshotMin < 1)
        {
            faults.Add($"{nameof(RepackBytesMax)}, {nameof(PacksPerIdealMax)} and {nameof(PacksPerSnapshotMin)} must be positive");
        }

        if (ClockGapMax <= TimeSpan.Zero || ClockSkewMax <= TimeSpan.Zero)
        {
            faults.Add($"{nameof(ClockGapMax)} and {nameof(ClockSkewMax)} must be positive");
        }

        if (faults.Count > 0)
        {
            throw new ArgumentException(string.Join("; ", faults));
        }
    }
}
