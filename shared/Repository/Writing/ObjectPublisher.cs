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
            ObjectStoreException? uncertain = null;
            try
            {
                if (await store.PutIfAbsentAsync(name, content, cancellationToken) == PutOutcome.Created)
                {
                    return;
                }
            }
            catch (ObjectStoreException e) when (e.Error == ObjectStoreError.Unavailable)
            {
                uncertain = e;
            }

            try
            {
                // Taken or uncertain: by an earlier attempt whose answer was lost, below or here, or by somebody else.
                if (await HoldsAsync(store, name, content, cancellationToken))
                {
                    return;
                }
            }
            catch (ObjectStoreException e) when (e.Error == ObjectStoreError.Unavailable)
            {
                // Asking failed too. Creating once more is always safe, and its answer settles as much as this one would.
                uncertain ??= e;
            }

            if (attempt == AttemptsMax)
            {
                throw uncertain ?? new ObjectStoreException(
                    ObjectStoreError.Unavailable, "put", name, "the store says both that the object exists and that it does not");
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

        byte[] found;
        try
        {
            found = await store.GetAsync(name, content.Length, cancellationToken);
        }
        catch (ObjectStoreException e) when (e.Error == ObjectStoreError.NotFound)
        {
            return false;
        }

        return found.AsSpan().SequenceEqual(content.Span) ? true : throw new ObjectTakenException(name);
    }
}
