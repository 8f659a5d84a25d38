using K8sBackup.ObjectStore;

namespace K8sBackup.Repository.Writing;

/// <summary>
/// Creates an object exactly once, whatever the store answers: an uncertain outcome is settled by asking for the object and comparing
/// it with what was to be written. Waiting between attempts belongs to a retrying store underneath.
/// </summary>
internal static class ObjectPublisher
{
    private const int AttemptsMax = 3;

    /// <summary>Returns when the object is durable with this content.</summary>
    /// <exception cref="ObjectTakenException">The name holds other content.</exception>
    /// <exception cref="ObjectStoreException">The store failed for good; the object may or may not exist, whole.</exception>
    public static async Task PublishAsync(
        IObjectStore store, string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                if (await store.PutIfAbsentAsync(name, content, cancellationToken) == PutOutcome.Created)
                {
                    return;
                }

                // Taken: by an earlier attempt whose answer was lost, below or here, or by somebody else.
                if (await HoldsAsync(store, name, content, cancellationToken))
                {
                    return;
                }

                throw new ObjectTakenException(name);
            }
            catch (ObjectStoreException e) when (e.Error == ObjectStoreError.Unavailable && attempt < AttemptsMax)
            {
                if (await HoldsAsync(store, name, content, cancellationToken))
                {
                    return;
                }
            }
        }
    }

    private static async Task<bool> HoldsAsync(
        IObjectStore store, string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        ObjectInfo? info = await store.HeadAsync(name, cancellationToken);
        if (info is null)
        {
            return false;
        }

        if (info.Length != content.Length)
        {
            throw new ObjectTakenException(name);
        }

        byte[] found = await store.GetAsync(name, content.Length, cancellationToken);
        return found.AsSpan().SequenceEqual(content.Span) ? true : throw new ObjectTakenException(name);
    }
}
