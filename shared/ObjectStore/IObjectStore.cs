namespace K8sBackup.ObjectStore;

/// <summary>
/// Write-once storage for named byte strings, plus compare-and-swap for the one object that changes.
/// Names follow <see cref="ObjectName"/>; a name is never both an object and a prefix of others followed by '/'.
/// All members may be called concurrently. Failures are <see cref="ObjectStoreException"/>; a cancelled call throws
/// <see cref="OperationCanceledException"/> and its outcome is unknown, as after <see cref="ObjectStoreError.Unavailable"/>.
/// </summary>
public interface IObjectStore
{
    /// <summary>
    /// Creates the object with its whole content, or reports that the name is taken. Never overwrites, and never leaves
    /// part of the content visible. When it returns, the object is durable. A store that tries again by itself may find the name
    /// taken by its own first attempt, so a caller that must know compares.
    /// </summary>
    /// <exception cref="ObjectStoreException">
    /// With <see cref="ObjectStoreError.Unavailable"/> the outcome is unknown: settle it with <see cref="HeadAsync"/> and a comparison.
    /// </exception>
    Task<PutOutcome> PutIfAbsentAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>The whole object.</summary>
    /// <exception cref="ObjectStoreException">
    /// <see cref="ObjectStoreError.NotFound"/>; <see cref="ObjectStoreError.TooLarge"/> when it has more than <paramref name="maxBytes"/>.
    /// </exception>
    Task<byte[]> GetAsync(string name, int maxBytes, CancellationToken cancellationToken);

    /// <summary>Fills <paramref name="destination"/> from <paramref name="offset"/>; an empty destination only asks whether the object exists.</summary>
    /// <exception cref="ObjectStoreException">
    /// <see cref="ObjectStoreError.NotFound"/>; <see cref="ObjectStoreError.Truncated"/> when the object ends before the range does.
    /// </exception>
    Task GetRangeAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellationToken);

    /// <summary>What the store knows about an object; null when there is none.</summary>
    Task<ObjectInfo?> HeadAsync(string name, CancellationToken cancellationToken);

    /// <summary>
    /// The objects whose names start with <paramref name="prefix"/> (empty for all), in ordinal order of their names. An object created or
    /// deleted while the listing runs may or may not appear; any other appears exactly once.
    /// </summary>
    IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>Removes the object; removing what is not there succeeds.</summary>
    Task DeleteAsync(string name, CancellationToken cancellationToken);

    /// <summary>An object with the version <see cref="CompareAndSwapAsync"/> compares; null when there is none.</summary>
    /// <exception cref="ObjectStoreException"><see cref="ObjectStoreError.TooLarge"/> when it has more than <paramref name="maxBytes"/>.</exception>
    Task<VersionedObject?> GetVersionedAsync(string name, int maxBytes, CancellationToken cancellationToken);

    /// <summary>
    /// Replaces the object when its version is <paramref name="expected"/> (null: when it does not exist).
    /// Returns the new version, or null when the version is another one. No two callers may write the same content: by it a store
    /// that tries again knows whether an attempt without an answer took effect.
    /// </summary>
    /// <exception cref="ObjectStoreException">With <see cref="ObjectStoreError.Unavailable"/> the outcome is unknown: read it again.</exception>
    Task<ObjectVersion?> CompareAndSwapAsync(
        string name, ObjectVersion? expected, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);
}
