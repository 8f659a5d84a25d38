namespace K8sBackup.KubernetesApi.Resources;

/// <summary>Which half of an object a write means.</summary>
public enum Subresource
{
    /// <summary>Everything but the status.</summary>
    None,

    /// <summary>The status alone.</summary>
    Status,
}
