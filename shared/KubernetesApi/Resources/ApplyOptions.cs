namespace K8sBackup.KubernetesApi.Resources;

/// <summary>How an object is applied.</summary>
/// <param name="Manager">Name under which the server keeps which fields are ours.</param>
public sealed record ApplyOptions(string Manager)
{
    /// <summary>Takes fields away from other managers; otherwise that is a conflict.</summary>
    public bool Force { get; init; }

    public Subresource Subresource { get; init; }
}
