using K8sBackup.KubernetesApi.Credentials;

namespace K8sBackup.KubernetesApi.Configuration;

/// <summary>Where a cluster's API is, how its server is known, and who we are there.</summary>
public sealed record ClusterAccess
{
    /// <summary>Address of the server; https, or http to this machine without credentials.</summary>
    public required Uri Server { get; init; }

    /// <summary>The namespace one works in when none is said.</summary>
    public required string Namespace { get; init; }

    /// <summary>How the server is known.</summary>
    public required ServerTrust Trust { get; init; }

    /// <summary>Who we are.</summary>
    public required ICredentialSource Credentials { get; init; }

    /// <summary>Where all this was read, for messages.</summary>
    public required string Origin { get; init; }

    /// <summary>The kubeconfig when there is one, and what a pod finds in itself otherwise.</summary>
    /// <param name="kubeconfig">Path of a kubeconfig; empty for that of the pod.</param>
    /// <param name="clock">Decides when credentials are read again.</param>
    /// <exception cref="KubernetesConfigurationException">It cannot be used.</exception>
    public static ClusterAccess Read(string kubeconfig, TimeProvider clock) =>
        string.IsNullOrEmpty(kubeconfig) ? InClusterConfiguration.Read(clock) : KubeconfigFile.Read(kubeconfig, "", clock);
}
