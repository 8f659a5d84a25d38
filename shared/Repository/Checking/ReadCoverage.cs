using K8sBackup.Model.Ids;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Repository.Checking;

/// <summary>
/// What pack was read when, or first seen when it never was, over all checks: create-only records under <c>coverage/</c>, of which the latest counts for each pack, merged into
/// one when they are many. Losing them costs reading again. Memory: about 80 bytes a pack.
/// </summary>
internal sealed class ReadCoverage
{
    private const int RecordsMax = 16;

    private readonly List<string> _records = [];
    private readonly Dictionary<ObjectId, PackReading> _readings = [];
    private readonly Dictionary<ObjectId, PackReading> _new = [];
    private readonly Lock _gate = new();

    /// <summary>
    /// Reads the records; a damaged one is passed on and left out. With <paramref name="now"/>, what has a time to come was recorded while the clock was
    /// ahead: that a pack was sound then counts for nothing, or it would not be read again until then; that it was damaged counts as of now.
    /// </summary>
    public static async Task<ReadCoverage> LoadAsync(
        IObjectStore store, MasterKeys keys, Action<RepositoryCorruptException> damaged, CancellationToken cancellationToken, DateTimeOffset? now = null)
    {
        ReadCoverage coverage = new();
        await foreach (ObjectInfo info in store.ListAsync(ObjectNames.CoveragePrefix, cancellationToken))
        {
            try
            {
                byte[] content = await SmallObjects.ReadAsync(store, info.Name, RepositoryLimits.IndexSegmentBytesMax, cancellationToken);
                ReadOnlyMemory<byte> payload = SealedObject.Open(keys, ObjectType.Coverage, ObjectNames.IdOf(info.Name), info.Name, content);
                foreach ((ObjectId pack, PackReading reading) in ReadCoverageCodec.Decode(payload, info.Name))
                {
                    if (!(reading.At > now))
                    {
                        Keep(coverage._readings, pack, reading);
                    }
                    else if (reading.Outcome == PackReadingOutcome.Damaged)
                    {
                        Keep(coverage._readings, pack, reading with { At = now.Value });
                    }
                }

                coverage._records.Add(info.Name);
            }
            catch (RepositoryCorruptException e) when (e.Damage != RepositoryDamage.Missing)
            {
                damaged(e);
            }
            catch (RepositoryCorruptException)
            {
                // Merged into another one since it was listed.
            }
        }

        return coverage;
    }

    /// <summary>The last reading of a pack, or its first sight; null when nothing is recorded.</summary>
    public PackReading? Of(ObjectId pack)
    {
        lock (_gate)
        {
            return _readings.TryGetValue(pack, out PackReading reading) ? reading : null;
        }
    }

    /// <summary>Packs whose last reading found damage.</summary>
    public IReadOnlyList<ObjectId> DamagedPacks()
    {
        lock (_gate)
        {
            return [.. _readings.Where(r => r.Value.Outcome == PackReadingOutcome.Damaged).Select(r => r.Key)];
        }
    }

    public void Add(ObjectId pack, PackReading reading)
    {
        lock (_gate)
        {
            Keep(_new, pack, reading);
            Keep(_readings, pack, reading);
        }
    }

    /// <summary>Forgets packs that are not in the store any more.</summary>
    public void Retain(IReadOnlySet<ObjectId> packs)
    {
        lock (_gate)
        {
            foreach (ObjectId gone in _readings.Keys.Where(p => !packs.Contains(p)).ToArray())
            {
                _readings.Remove(gone);
                _new.Remove(gone);
            }
        }
    }

    /// <summary>Writes what is new as a record; many records become one, and then the old ones go. A crash in between leaves both.</summary>
    public async Task RecordAsync(IObjectStore store, MasterKeys keys, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (_new.Count == 0)
        {
            return;
        }

        bool merge = _records.Count >= RecordsMax;
        string name = $"{ObjectNames.CoveragePrefix}{SortableId.Create(clock)}";
        ObjectHeader header = ObjectHeader.Create(ObjectType.Coverage, keys.CurrentEpoch, ObjectNames.IdOf(name));
        byte[] content = SealedObject.Seal(keys, header, name, ReadCoverageCodec.Encode(merge ? _readings : _new));
        await Writing.ObjectPublisher.PublishAsync(store, name, content, cancellationToken);
        foreach (string old in merge ? _records : [])
        {
            await store.DeleteAsync(old, cancellationToken);
        }
    }

    // A later reading counts more, whatever order the records come in.
    private static void Keep(Dictionary<ObjectId, PackReading> readings, ObjectId pack, PackReading reading)
    {
        if (!readings.TryGetValue(pack, out PackReading known) || known.At <= reading.At)
        {
            readings[pack] = reading;
        }
    }
}
