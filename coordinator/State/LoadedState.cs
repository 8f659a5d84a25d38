using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Resources;

namespace K8sBackup.Coordinator.State;

/// <summary>The documents a former leader left in the cluster.</summary>
public sealed class LoadedState
{
    private LoadedState(ConfigMapDocuments store, IReadOnlyDictionary<string, byte[]?> documents)
    {
        Store = store;
        Documents = documents;
    }

    internal ConfigMapDocuments Store { get; }

    /// <summary>Contents by name; null for damaged ones.</summary>
    internal IReadOnlyDictionary<string, byte[]?> Documents { get; }

    /// <exception cref="KubernetesException">The API server cannot be asked.</exception>
    public static async Task<LoadedState> ReadAsync(IResourceReader reader, IResourceWriter writer, string ns, CancellationToken cancellationToken)
    {
        ConfigMapDocuments store = new(reader, writer, ns);
        return new LoadedState(store, await store.LoadAsync(cancellationToken));
    }
}
