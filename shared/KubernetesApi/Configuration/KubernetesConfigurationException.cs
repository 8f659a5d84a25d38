namespace K8sBackup.KubernetesApi.Configuration;

/// <summary>The cluster's access data cannot be used; the message names the file and the field, never a secret.</summary>
public sealed class KubernetesConfigurationException : Exception
{
    public KubernetesConfigurationException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
