using System.Globalization;
using K8sBackup.KubernetesApi.Credentials;

namespace K8sBackup.KubernetesApi.Configuration;

/// <summary>What Kubernetes gives every pod with a service account.</summary>
public static class InClusterConfiguration
{
    /// <summary>Where the kubelet mounts token, authority and namespace.</summary>
    public const string DefaultDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";

    public static ClusterAccess Read(TimeProvider clock) => Read(
        DefaultDirectory,
        Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST") ?? "",
        Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_PORT") ?? "",
        clock);

    /// <param name="directory">Directory of <c>token</c>, <c>ca.crt</c> and <c>namespace</c>; all are read again when they change.</param>
    /// <param name="host">Name or address of the API service.</param>
    /// <param name="port">Its port.</param>
    /// <param name="clock">Decides when files are read again.</param>
    /// <exception cref="KubernetesConfigurationException">This is no pod, or it has no service account.</exception>
    public static ClusterAccess Read(string directory, string host, string port, TimeProvider clock)
    {
        if (host.Length == 0 || !int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number is < 1 or > 65535)
        {
            throw new KubernetesConfigurationException(
                "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: this is no pod. Name a kubeconfig outside of a cluster.");
        }

        string token = Path.Combine(directory, "token");
        string authority = Path.Combine(directory, "ca.crt");
        foreach (string path in (string[])[token, authority])
        {
            if (!File.Exists(path))
            {
                throw new KubernetesConfigurationException($"{path} is missing: the pod has no service account token (automountServiceAccountToken).");
            }
        }

        string namespaceFile = Path.Combine(directory, "namespace");
        return new ClusterAccess
        {
            Server = new UriBuilder(Uri.UriSchemeHttps, host, number).Uri,
            Namespace = File.Exists(namespaceFile) ? File.ReadAllText(namespaceFile).Trim() : "default",
            Trust = ServerTrust.OfFile(authority, ""),
            Credentials = new TokenFileCredentials(token, clock),
            Origin = directory,
        };
    }
}
