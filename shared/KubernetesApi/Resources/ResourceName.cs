using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.KubernetesApi.Resources;

/// <summary>Which object of a kind. The namespace is empty for objects of the cluster.</summary>
public readonly record struct ResourceName(string Namespace, string Name)
{
    public static ResourceName Of(KubernetesObject item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return new ResourceName(item.Metadata.Namespace, item.Metadata.Name);
    }

    /// <summary>An object of the cluster.</summary>
    public static ResourceName OfCluster(string name) => new("", name);

    public override string ToString() => string.IsNullOrEmpty(Namespace) ? Name : $"{Namespace}/{Name}";
}
