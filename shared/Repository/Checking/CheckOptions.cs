namespace K8sBackup.Repository.Checking;

/// <summary>How thorough a check is.</summary>
public sealed record CheckOptions
{
    /// <summary>
    /// Share of the packs' bytes that is read, opened and hashed: 0 for structure only, 100 for everything. Below 100 those packs are taken
    /// whose last recorded reading is the longest ago, never read ones first, and at least one.
    /// </summary>
    public double ReadDataPercent { get; init; }

    /// <summary>
    /// Packs whose last recorded reading, or first sight, is at least this long ago are read too, however many they are: with the period in
    /// which everything is to be read, less the time until the next check, none is read later than that. Null for none.
    /// </summary>
    public TimeSpan? ReadDataOlderThan { get; init; }

    /// <summary>True when what was read is recorded in the repository, for the next check and for writers. The check writes nothing otherwise.</summary>
    public bool RecordCoverage { get; init; }

    /// <summary>Packs looked at together. Each takes up to 16 MiB while its data is read.</summary>
    public int PacksAtOnce { get; init; } = 4;
}
