using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Packs;

namespace K8sBackup.Repository.Index;

/// <summary>Index segments in the store: written once, read whole.</summary>
internal static class IndexSegments
{
    /// <summary>Writes a segment; returns its name.</summary>
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
        if (!ObjectNames.TryParseIndex(name, out ObjectId id))
        {
            throw new RepositoryCorruptException(RepositoryDamage.Misplaced, name, "is no name of an index segment");
        }

        byte[] content = await SmallObjects.ReadAsync(store, name, RepositoryLimits.IndexSegmentBytesMax, cancellationToken);
        return IndexSegmentCodec.Decode(SealedObject.Open(keys, ObjectType.Index, id, name, content).Span, name);
    }
}
