using K8sBackup.ObjectStore.Local;

namespace K8sBackup.ObjectStore.Opening;

/// <summary>The one place where a store is put together: the store itself, then its decorators.</summary>
public static class StoreFactory
{
    /// <summary>Opens the store.</summary>
    /// <exception cref="ObjectStoreException">
    /// <see cref="ObjectStoreError.NotFound"/> when it is not there; <see cref="ObjectStoreError.Configuration"/> when the options make no
    /// sense; any other when the store cannot be used.
    /// </exception>
    public static Task<OpenedStore> OpenAsync(StoreOptions options, StoreUse use, TimeProvider clock, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(clock);
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(new OpenedStore(OpenLocal(options, use, clock), options, null));
    }

    private static LocalObjectStore OpenLocal(StoreOptions options, StoreUse use, TimeProvider clock)
    {
        if (options.LocalPath is not { } path)
        {
            throw new ObjectStoreException(ObjectStoreError.Configuration, "open", options.Description, "no store is named");
        }

        return use == StoreUse.Create || Directory.Exists(path)
            ? LocalObjectStore.Open(path, clock)
            : throw new ObjectStoreException(ObjectStoreError.NotFound, "open", path, "there is no such store directory");
    }
}
