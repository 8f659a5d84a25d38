using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Packs;

namespace K8sBackup.Repository.Index;

/// <summary>Index segments in the store: written once, read whole.</summary>
internal static class IndexSegments
{
    // A quarter of what readers accept; the longest directory of one pack is a sixteenth.
    private const int PayloadBytesMax = RepositoryLimits.IndexSegmentBytesMax / 4;

    /// <summary>Cuts a list into segments that readers accept, in order.</summary>
    public static IEnumerable<T[]> Batches<T>(IReadOnlyList<T> packs, Func<T, PackDirectory> directoryOf, int payloadBytesMax = PayloadBytesMax)
    {
        int begin = 0;
        long bytes = 0;
        for (int i = 0; i < packs.Count; i++)
        {
            long next = IndexSegmentCodec.EncodedBytes(directoryOf(packs[i]));
            if (i > begin && bytes + next > payloadBytesMax)
            {
                yield return [.. packs.Skip(begin).Take(i - begin)];
                begin = i;
                bytes = 0;
            }

            bytes += next;
        }

        if (begin < packs.Count)
        {
            yield return [.. packs.Skip(begin)];
        }
    }

    /// <summary>Writes a segment; returns its name. The packs are one of <see cref="Batches"/>.</summary>
    public static async Task<string> WriteAsync(
        IObjectStore store, MasterKeys keys, IReadOnlyList<PackDirectory> packs, CancellationToken cancellationToken)
    {
        ObjectId id = ObjectId.Create();
        string name = ObjectNames.Index(id);
        ObjectHeader header = ObjectHeader.Create(ObjectType.Index, keys.CurrentEpoch, id);
        byte[] content = SealedObject.Seal(keys, header, name, IndexSegmentCodec.Encode(packs));
        await Writing.ObjectPublisher.PublishAsync(store, name, content, cancellationToken);
        return name;
    }

    /// <exception cref="RepositoryCorruptException">The segment is missing, damaged, or not the one its name says.</exception>
    public static async Task<List<PackDirectory>> ReadAsync(
        IObjectStore store, MasterKeys keys, string name, CancellationToken cancellationToken)
    {
        ObjectId id = IdOf(name);
        byte[] content = await SmallObjects.ReadAsync(store, name, RepositoryLimits.IndexSegmentBytesMax, cancellationToken);
        return IndexSegmentCodec.Decode(SealedObject.Open(keys, ObjectType.Index, id, name, content).Span, name);
    }

    /// <summary>What a segment lists. The content stays as it is.</summary>
    /// <exception cref="RepositoryCorruptException">It is damaged, or not the one its name says.</exception>
    public static List<PackDirectory> Decode(MasterKeys keys, string name, byte[] content) =>
        IndexSegmentCodec.Decode(SealedObject.Open(keys, ObjectType.Index, IdOf(name), name, content.AsSpan().ToArray()).Span, name);

    private static ObjectId IdOf(string name) => ObjectNames.TryParseIndex(name, out ObjectId id)
        ? id
        : throw new RepositoryCorruptException(RepositoryDamage.Misplaced, name, "is no name of an index segment");
}
