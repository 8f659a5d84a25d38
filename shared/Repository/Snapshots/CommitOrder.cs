using System.Collections.Concurrent;
using K8sBackup.Model.Manifests;

namespace K8sBackup.Repository.Snapshots;

/// <summary>
/// The order in which restore points were committed, by <see cref="RestorePointManifest.Sequence"/>: names sort by the clock of their time, which may
/// have gone back. What a manifest says never changes, so that each is read for this once. Memory: about 150 bytes a restore point. Thread-safe.
/// </summary>
internal sealed class CommitOrder
{
    private readonly Func<string, CancellationToken, Task<RestorePointEntry>> _read;
    private readonly ConcurrentDictionary<string, long> _sequences = new(StringComparer.Ordinal);

    public CommitOrder(Func<string, CancellationToken, Task<RestorePointEntry>> read) => _read = read;

    /// <summary>The names in the order of their commits, the last first. A damaged one stays beside the one its name comes after.</summary>
    /// <param name="newestNameFirst">Names of restore points in descending order.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public async Task<IReadOnlyList<string>> NewestFirstAsync(IReadOnlyList<string> newestNameFirst, CancellationToken cancellationToken)
    {
        Dictionary<string, long> places = await KnownAsync(newestNameFirst, cancellationToken);
        long before = 0;
        for (int i = newestNameFirst.Count - 1; i >= 0; i--)
        {
            // A sound manifest without a sequence is an older program's, and comes before all others.
            before = places.TryGetValue(newestNameFirst[i], out long place) ? place : before;
            places[newestNameFirst[i]] = before;
        }

        // Stable: names decide among equals.
        return [.. newestNameFirst.OrderByDescending(name => places[name])];
    }

    private async Task<Dictionary<string, long>> KnownAsync(IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        Dictionary<string, long> known = new(names.Count, StringComparer.Ordinal);
        List<string> unread = [];
        foreach (string name in names)
        {
            if (_sequences.TryGetValue(name, out long sequence))
            {
                known[name] = sequence;
            }
            else
            {
                unread.Add(name);
            }
        }

        await foreach (RestorePointEntry entry in ReadAhead.InOrderAsync(unread, _read, cancellationToken))
        {
            // One that cannot be read now is asked again the next time.
            if (entry.Manifest is { } manifest)
            {
                known[entry.ObjectName] = _sequences[entry.ObjectName] = manifest.Sequence;
            }
        }

        ForgetAllBut(known);
        return known;
    }

    private void ForgetAllBut(Dictionary<string, long> known)
    {
        if (_sequences.Count > known.Count)
        {
            foreach (string gone in _sequences.Keys.Where(name => !known.ContainsKey(name)))
            {
                _sequences.TryRemove(gone, out _);
            }
        }
    }
}
