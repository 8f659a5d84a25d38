using K8sBackup.ObjectStore;

namespace K8sBackup.Repository.Format;

/// <summary>Reads whole objects, turning what a store says about a missing or oversized one into repository damage.</summary>
internal static class SmallObjects
{
    /// <exception cref="RepositoryCorruptException">The object is missing or longer than the format allows.</exception>
    /// <exception cref="ObjectStoreException">The store failed otherwise.</exception>
    public static async Task<byte[]> ReadAsync(IObjectStore store, string name, int maxBytes, CancellationToken cancellationToken)
    {
        try
        {
            return await store.GetAsync(name, maxBytes, cancellationToken);
        }
        catch (ObjectStoreException e) when (ToDamage(e.Error) is RepositoryDamage damage)
        {
            throw new RepositoryCorruptException(damage, name, "cannot be read whole", inner: e);
        }
    }

    /// <summary>The damage a store error means; null when the store, not the object, is the trouble.</summary>
    public static RepositoryDamage? ToDamage(ObjectStoreError error) => error switch
    {
        ObjectStoreError.NotFound => RepositoryDamage.Missing,
        ObjectStoreError.TooLarge or ObjectStoreError.Truncated => RepositoryDamage.WrongLength,
        ObjectStoreError.Corrupt => RepositoryDamage.NotAuthentic,
        _ => null,
    };
}
