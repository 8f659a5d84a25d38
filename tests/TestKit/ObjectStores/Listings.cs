using K8sBackup.ObjectStore;

namespace K8sBackup.TestKit.ObjectStores;

/// <summary>Listings and content as lists and dictionaries.</summary>
public static class Listings
{
    public static async Task<List<string>> NamesAsync(this IObjectStore store, string prefix)
    {
        List<string> names = [];
        await foreach (ObjectInfo info in store.ListAsync(prefix, default))
        {
            names.Add(info.Name);
        }

        return names;
    }

    /// <summary>Puts other content in the place of an object, as somebody with access to the store could.</summary>
    public static async Task ReplaceAsync(this IObjectStore store, string name, byte[] content)
    {
        await store.DeleteAsync(name, default);
        await store.PutIfAbsentAsync(name, content, default);
    }
}
