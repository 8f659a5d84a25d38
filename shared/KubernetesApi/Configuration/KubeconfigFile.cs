using K8sBackup.KubernetesApi.Credentials;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace K8sBackup.KubernetesApi.Configuration;

/// <summary>Reads a kubeconfig, as kubectl does for one file. What would weaken the connection is refused.</summary>
public static class KubeconfigFile
{
    private const int FileBytesMax = 4 * 1024 * 1024;

    /// <param name="path">The file.</param>
    /// <param name="context">Name of a context; empty for the current one.</param>
    /// <param name="clock">Decides when credentials are fetched anew.</param>
    /// <exception cref="KubernetesConfigurationException">It cannot be used.</exception>
    public static ClusterAccess Read(string path, string context, TimeProvider clock)
    {
        string full = Path.GetFullPath(path);
        KubeconfigNode root = new(full, "", Load(full));
        string name = context.Length > 0 ? context : root.Text("current-context");
        if (name.Length == 0)
        {
            throw new KubernetesConfigurationException($"{full}: current-context is not set.");
        }

        KubeconfigNode chosen = root.Named("contexts", name).Child("context");
        KubeconfigNode cluster = root.Named("clusters", chosen.Required("cluster")).Child("cluster");
        string userName = chosen.Text("user");
        KubeconfigNode? user = userName.Length > 0 ? root.Named("users", userName).Child("user") : null;
        ClusterAccess access = new()
        {
            Server = Server(cluster),
            Namespace = chosen.Text("namespace") is { Length: > 0 } ns ? ns : "default",
            Trust = Trust(cluster),
            Credentials = user is null ? new FixedCredentials(Credential.None) : KubeconfigUser.Read(user, cluster, clock),
            Origin = $"{full}, context {name}",
        };
        if (access.Server.Scheme == Uri.UriSchemeHttp && (!access.Server.IsLoopback || access.Credentials is not FixedCredentials { IsNone: true }))
        {
            throw cluster.Fault("server", "http is accepted only to this machine and without credentials; use https.");
        }

        return access;
    }

    private static object? Load(string path)
    {
        try
        {
            if (new FileInfo(path).Length > FileBytesMax)
            {
                throw new KubernetesConfigurationException($"{path} is larger than a kubeconfig can be.");
            }

            return new DeserializerBuilder().Build().Deserialize<object?>(File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubernetesConfigurationException($"The kubeconfig cannot be read: {e.Message}", e);
        }
        catch (YamlException e)
        {
            // The text of the parser's message may quote what stands there, a token for example.
            throw new KubernetesConfigurationException($"{path}, line {e.Start.Line}: this is no YAML.");
        }
    }

    private static Uri Server(KubeconfigNode cluster)
    {
        if (!Uri.TryCreate(cluster.Required("server"), UriKind.Absolute, out Uri? server) || server.Scheme is not ("https" or "http"))
        {
            throw cluster.Fault("server", "an https address is expected.");
        }

        return server.UserInfo.Length == 0 ? server : throw cluster.Fault("server", "the address must not contain credentials.");
    }

    private static ServerTrust Trust(KubeconfigNode cluster)
    {
        if (cluster.Text("insecure-skip-tls-verify") is { Length: > 0 } skip && skip != "false")
        {
            throw cluster.Fault("insecure-skip-tls-verify", "is not supported: whoever is in between would get every Secret. Set certificate-authority instead.");
        }

        if (cluster.Text("proxy-url").Length > 0)
        {
            throw cluster.Fault("proxy-url", "is not supported.");
        }

        string name = cluster.Text("tls-server-name");
        if (cluster.Data("certificate-authority-data") is { } pem)
        {
            return ServerTrust.OfPem(pem, cluster.Where("certificate-authority-data"), name);
        }

        string file = cluster.PathOf("certificate-authority");
        return file.Length > 0 ? ServerTrust.OfFile(file, name) : ServerTrust.OfSystem(name);
    }
}
