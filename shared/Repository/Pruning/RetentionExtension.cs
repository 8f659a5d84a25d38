using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Keeping;

namespace K8sBackup.Repository.Pruning;

/// <summary>
/// Moves the end of retention of everything the remaining restore points need. An object is kept from its own writing on, but a later
/// backup needs it longer.
/// </summary>
internal sealed class RetentionExtension
{
    private const int AtOnce = 16;

    // What is needed and is no pack. Tombstones and coverage only repeat what can be found again; state is replaced, never deleted.
    private static readonly string[] _prefixes =
    [
        .. SnapshotKeeping.CommonPrefixes, ObjectNames.SnapshotsPrefix, ObjectNames.RestorePointsPrefix, ObjectNames.PinsPrefix,
        ObjectNames.DrillsPrefix,
    ];

    private readonly PruneContext _context;
    private readonly ObjectKeeping _keeping;
    private long _done;
    private long _extended;

    public RetentionExtension(PruneContext context, ObjectKeeping keeping)
    {
        _context = context;
        _keeping = keeping;
    }

    /// <summary>Objects whose end was moved.</summary>
    public long Extended => Interlocked.Read(ref _extended);

    /// <summary>Extends what stays. An object that cannot be extended is told as an obstacle, and the rest goes on.</summary>
    public async Task RunAsync(IEnumerable<PackLiveness> packs, IEnumerable<string> leaving, CancellationToken cancellationToken)
    {
        HashSet<string> without = [.. leaving];
        await ExtendAsync(packs.Where(p => p.LiveBytes > 0).Select(p => ObjectNames.Pack(p.Pack.Header.Id)).ToAsyncEnumerable(), cancellationToken);
        await ExtendAsync(OthersAsync(without, cancellationToken), cancellationToken);
    }

    private async IAsyncEnumerable<string> OthersAsync(
        HashSet<string> without, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return ObjectNames.Config;
        foreach (string prefix in _prefixes)
        {
            await foreach (ObjectInfo info in _context.Store.ListAsync(prefix, cancellationToken))
            {
                if (!without.Contains(info.Name))
                {
                    yield return info.Name;
                }
            }
        }
    }

    private Task ExtendAsync(IAsyncEnumerable<string> names, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        names,
        new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
        (name, token) => new ValueTask(ExtendAsync(name, token)));

    private async Task ExtendAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            if (await _keeping.KeepAsync(name, cancellationToken))
            {
                Interlocked.Increment(ref _extended);
            }
        }
        catch (ObjectStoreException e) when (e.Error == ObjectStoreError.NotFound)
        {
            // Compacted away, unpinned or missing meanwhile; a check names what is missing.
        }
        catch (ObjectStoreException e)
        {
            _context.Meet(PruneObstacleKind.Store, $"The retention of '{name}' could not be extended: {e.Message}");
        }

        _context.Report("retention", Interlocked.Increment(ref _done), 0);
    }
}
