using K8sBackup.Model.Trees;

namespace K8sBackup.Coordinator.Drills;

/// <summary>Files chosen to be restored in a drill.</summary>
/// <param name="Paths">Their paths.</param>
/// <param name="Bytes">Their sizes together.</param>
/// <param name="FilesInSnapshot">How many they were chosen from.</param>
public sealed record FileSample(IReadOnlyList<byte[]> Paths, long Bytes, long FilesInSnapshot)
{
    /// <summary>Most files in a sample.</summary>
    public const int FilesMax = 64;

    /// <summary>Most bytes in a sample; a larger file is none of it.</summary>
    public const long BytesMax = 64 << 20;

    /// <summary>Nothing.</summary>
    public static readonly FileSample None = new([], 0, 0);

    /// <summary>
    /// Chooses evenly over all files whose content was captured and is small enough: a reservoir, so that memory is the sample's. What
    /// would make it too large is left out at the end.
    /// </summary>
    public static async Task<FileSample> TakeAsync(IAsyncEnumerable<TreeEntry> entries, Random random, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entries);
        ArgumentNullException.ThrowIfNull(random);
        List<(byte[] Path, long Size)> reservoir = [];
        long seen = 0;
        await foreach (TreeEntry entry in entries.WithCancellation(cancellationToken))
        {
            if (entry.Kind != EntryKind.File || entry.State != EntryState.Captured || entry.Size > BytesMax)
            {
                continue;
            }

            seen++;
            if (reservoir.Count < FilesMax)
            {
                reservoir.Add((entry.Path, entry.Size));
            }
            else if (random.NextInt64(seen) is var place && place < FilesMax)
            {
                reservoir[(int)place] = (entry.Path, entry.Size);
            }
        }

        List<byte[]> paths = [];
        long bytes = 0;
        foreach ((byte[] path, long size) in reservoir.OrderBy(file => file.Size))
        {
            if (bytes + size <= BytesMax)
            {
                paths.Add(path);
                bytes += size;
            }
        }

        return new FileSample(paths, bytes, seen);
    }
}
