namespace K8sBackup.ObjectStore.Retention;

/// <summary>
/// A store that keeps objects from being deleted until a time. New objects get their time when they are written;
/// <see cref="IObjectStore.DeleteAsync"/> before it fails with <see cref="ObjectStoreError.Retained"/>.
/// </summary>
public interface IObjectRetention
{
    /// <summary>The time by the clock that ends retention: the store's, where it says its time.</summary>
    DateTimeOffset Now { get; }

    /// <summary>Until when the object cannot be deleted; null when nothing keeps it.</summary>
    Task<DateTimeOffset?> RetainedUntilAsync(string name, CancellationToken cancellationToken);

    /// <summary>Retains the object at least until the time; a later end stays as it is. Returns when the store has confirmed it.</summary>
    /// <exception cref="ObjectStoreException">
    /// <see cref="ObjectStoreError.NotFound"/>; <see cref="ObjectStoreError.Unsuitable"/> when the store does not keep what it accepted.
    /// </exception>
    Task ExtendAsync(string name, DateTimeOffset until, CancellationToken cancellationToken);
}
