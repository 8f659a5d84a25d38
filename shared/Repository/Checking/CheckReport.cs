using K8sBackup.Repository.Format;

namespace K8sBackup.Repository.Checking;

/// <summary>What a check found and what it covered.</summary>
public sealed record CheckReport
{
    /// <summary>Most problems and most orphans named; the counts are exact.</summary>
    public const int ListedMax = 1000;

    /// <summary>What is wrong, in order of object names.</summary>
    public required IReadOnlyList<CheckProblem> Problems { get; init; }

    public required long ProblemCount { get; init; }

    /// <summary>Every snapshot something is lost of.</summary>
    public required IReadOnlyList<SnapshotDamage> DamagedSnapshots { get; init; }

    /// <summary>Packs with frames that cannot be read.</summary>
    internal IReadOnlyCollection<ObjectId> DamagedPacks { get; init; } = [];

    /// <summary>Packs no index segment lists: left by a crash, harmless, and made use of by a rebuild of the index.</summary>
    public required IReadOnlyList<string> Orphans { get; init; }

    public required long OrphanCount { get; init; }

    public required long IndexSegments { get; init; }

    public required long Packs { get; init; }

    public required long PackBytes { get; init; }

    public required long Chunks { get; init; }

    public required long Snapshots { get; init; }

    public required long RestorePoints { get; init; }

    /// <summary>Snapshots no readable restore point names: of a run that goes on or was interrupted, or of a restore point that is lost.</summary>
    public required long OrphanedSnapshots { get; init; }

    /// <summary>Packs whose every frame was read, of <see cref="Packs"/>.</summary>
    public required long PacksRead { get; init; }

    /// <summary>Packs whose every frame was read by this check or a recorded one before, of <see cref="Packs"/>.</summary>
    public required long PacksEverRead { get; init; }

    /// <summary>When the pack was read whose last reading is the longest ago; null while there is one that never was.</summary>
    public required DateTimeOffset? OldestRead { get; init; }

    /// <summary>Sealed bytes of frames that were read.</summary>
    public required long BytesRead { get; init; }

    /// <summary>True when nothing is wrong.</summary>
    public bool IsSound => ProblemCount == 0;
}
