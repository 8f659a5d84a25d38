using System.Text;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Resources;

namespace K8sBackup.KubernetesApi.Client;

/// <summary>Where the API has what. Every part is escaped: names come from objects other people made.</summary>
internal static class ApiPaths
{
    public static string Collection<T>(ResourceType<T> type, string ns)
        where T : KubernetesObject
    {
        StringBuilder path = new();
        path.Append(type.Group.Length == 0 ? "api/" : $"apis/{Uri.EscapeDataString(type.Group)}/").Append(Uri.EscapeDataString(type.Version));
        if (type.IsNamespaced && ns.Length > 0)
        {
            path.Append("/namespaces/").Append(Name(ns));
        }

        return path.Append('/').Append(Uri.EscapeDataString(type.Plural)).ToString();
    }

    public static string Item<T>(ResourceType<T> type, ResourceName name, string subresource = "")
        where T : KubernetesObject
    {
        ArgumentException.ThrowIfNullOrEmpty(name.Name);
        if (type.IsNamespaced)
        {
            ArgumentException.ThrowIfNullOrEmpty(name.Namespace);
        }

        return $"{Collection(type, name.Namespace)}/{Name(name.Name)}{(subresource.Length > 0 ? "/" + subresource : "")}";
    }

    public static string Of(Subresource subresource) => subresource == Subresource.Status ? "status" : "";

    /// <summary>Leaves out what is empty.</summary>
    public static string Query(params ReadOnlySpan<(string Name, string Value)> parts)
    {
        StringBuilder query = new();
        foreach ((string name, string value) in parts)
        {
            if (value.Length > 0)
            {
                query.Append(query.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
            }
        }

        return query.ToString();
    }

    // "." and ".." would survive escaping and climb up in the path.
    private static string Name(string name) =>
        name is "." or ".." ? throw new ArgumentException($"'{name}' is no name of an object.", nameof(name)) : Uri.EscapeDataString(name);
}
