namespace K8sBackup.Repository.Checking;

/// <summary>How thorough a check is.</summary>
public sealed record CheckOptions
{
    /// <summary>Share of packs whose every frame is read, opened and hashed: 0 for structure only, 100 for everything.</summary>
    public int ReadDataPercent { get; init; }

    /// <summary>Chooses which packs a share below 100 means; another seed chooses others.</summary>
    public uint SampleSeed { get; init; }

    /// <summary>Packs looked at together. Each takes up to 16 MiB while its data is read.</summary>
    public int PacksAtOnce { get; init; } = 4;

    internal bool ReadsDataOf(UInt128 pack) =>
        ReadDataPercent >= 100 || (uint)((ulong)((uint)pack ^ SampleSeed) * 2_654_435_761UL >> 8) % 100 < (uint)ReadDataPercent;
}
