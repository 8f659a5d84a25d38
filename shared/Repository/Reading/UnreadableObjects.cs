using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;

namespace K8sBackup.Repository.Reading;

/// <summary>
/// Tells one object that cannot be read from a store that cannot: the store that still answers for another object is there. Whoever
/// can go on without the object then does, and names it.
/// </summary>
internal static class UnreadableObjects
{
    /// <summary>What the failure says about the object; null when the store is the trouble.</summary>
    public static async Task<RepositoryCorruptException?> DiagnoseAsync(
        IObjectStore store, ObjectStoreException failure, string objectName, CancellationToken cancellationToken)
    {
        if (SmallObjects.ToDamage(failure.Error) is { } damage)
        {
            return new RepositoryCorruptException(damage, objectName, "cannot be read whole", inner: failure);
        }

        try
        {
            await store.HeadAsync(ObjectNames.Config, cancellationToken);
            return new RepositoryCorruptException(
                RepositoryDamage.Unreadable, objectName, $"the store does not give it out ({failure.Error})", inner: failure);
        }
        catch (ObjectStoreException)
        {
            return null;
        }
    }
}
