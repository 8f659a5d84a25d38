using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.KubernetesApi.Resources;

/// <summary>Conveniences over <see cref="IResourceReader"/>.</summary>
public static class ResourceReading
{
    /// <summary>Lists that cannot be finished before their pages expire are begun again this often.</summary>
    private const int ListAttemptsMax = 3;

    /// <exception cref="KubernetesException"><see cref="KubernetesFailure.NotFound"/> when there is no such object.</exception>
    public static async Task<T> GetAsync<T>(this IResourceReader reader, ResourceType<T> type, ResourceName name, CancellationToken cancellationToken)
        where T : KubernetesObject
    {
        ArgumentNullException.ThrowIfNull(reader);
        return await reader.FindAsync(type, name, cancellationToken)
            ?? throw new KubernetesException(KubernetesFailure.NotFound, $"There is no {type} {name}.");
    }

    /// <summary>Every object, all pages of one version of the list.</summary>
    /// <param name="reader">Where to read.</param>
    /// <param name="type">What kind.</param>
    /// <param name="query">Which ones.</param>
    /// <param name="itemsMax">More than this is <see cref="KubernetesFailure.TooLarge"/>: nothing is unbounded.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async Task<ResourcePage<T>> ListAsync<T>(
        this IResourceReader reader, ResourceType<T> type, ListQuery query, int itemsMax, CancellationToken cancellationToken)
        where T : KubernetesObject
    {
        ArgumentNullException.ThrowIfNull(reader);
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await ListOnceAsync(reader, type, query, itemsMax, cancellationToken);
            }
            catch (KubernetesException e) when (e.Failure == KubernetesFailure.Expired && attempt < ListAttemptsMax)
            {
                // The pages are of a version that was compacted meanwhile; the list is read again from its beginning.
            }
        }
    }

    private static async Task<ResourcePage<T>> ListOnceAsync<T>(
        IResourceReader reader, ResourceType<T> type, ListQuery query, int itemsMax, CancellationToken cancellationToken)
        where T : KubernetesObject
    {
        List<T> items = [];
        string token = "";
        while (true)
        {
            ResourcePage<T> page = await reader.ListPageAsync(type, query with { Continue = token }, cancellationToken);
            items.AddRange(page.Items);
            if (items.Count > itemsMax)
            {
                throw new KubernetesException(KubernetesFailure.TooLarge, $"There are more than {itemsMax} objects of {type}.");
            }

            if (page.Continue.Length == 0)
            {
                return new ResourcePage<T>(items, page.ResourceVersion, "");
            }

            token = page.Continue;
        }
    }
}
