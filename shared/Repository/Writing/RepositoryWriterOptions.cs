namespace K8sBackup.Repository.Writing;

/// <summary>How a writer packs. Memory: packs in flight times (target plus 2 MiB).</summary>
public sealed record RepositoryWriterOptions
{
    public const int PackTargetBytesMin = 64 << 10;

    /// <summary>
    /// Size at which a pack is closed. 32 MiB keeps a tebibyte at 32,768 objects, and three packs in flight at about 100 MiB.
    /// </summary>
    public int PackTargetBytes { get; init; } = 32 << 20;

    /// <summary>Packs being filled and uploaded at once; more callers wait.</summary>
    public int PacksInFlightMax { get; init; } = 3;

    /// <summary>Packs after which an index segment is written without a flush: one segment for each 256 MiB at least.</summary>
    public int PacksPerSegment { get; init; } = 8;

    /// <summary>Who holds the lease, for people: a pod's name, for example. At most 200 characters.</summary>
    public string Holder { get; init; } = "";

    /// <summary>What of the index may lie in files; null for all of it in memory.</summary>
    public Index.IndexPaging? IndexPaging { get; init; }

    /// <exception cref="ArgumentException">A value is out of range; the message names all that are.</exception>
    public void Validate()
    {
        List<string> faults = [];
        if (PackTargetBytes is < PackTargetBytesMin or > (128 << 20))
        {
            faults.Add($"{nameof(PackTargetBytes)} must be 64 KiB to 128 MiB");
        }

        if (PacksInFlightMax is < 1 or > 16)
        {
            faults.Add($"{nameof(PacksInFlightMax)} must be 1 to 16");
        }

        if (PacksPerSegment is < 1 or > 64)
        {
            faults.Add($"{nameof(PacksPerSegment)} must be 1 to 64");
        }

        if (Holder.Length > 200)
        {
            faults.Add($"{nameof(Holder)} has at most 200 characters");
        }

        if (faults.Count > 0)
        {
            throw new ArgumentException(string.Join("; ", faults));
        }
    }
}
