using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Kubernetes.Encryption;

/// <summary>Finds in an API server's static-pod manifest which file of the node is its encryption configuration.</summary>
public static class ApiServerManifest
{
    /// <summary>Where kubeadm puts the manifest, below the node's root.</summary>
    public const string Path = "etc/kubernetes/manifests/kube-apiserver.yaml";

    private const string Flag = "--encryption-provider-config";

    /// <summary>The file's path on the node; null when the manifest names none, or is no manifest.</summary>
    public static string? EncryptionConfigurationPath(string yaml)
    {
        ArgumentNullException.ThrowIfNull(yaml);
        YamlStream stream = [];
        try
        {
            stream.Load(new StringReader(yaml));
        }
        catch (YamlException)
        {
            return null;
        }

        if (stream.Documents is not [{ RootNode: YamlMappingNode pod }] || Child(pod, "spec") is not YamlMappingNode spec)
        {
            return null;
        }

        foreach (YamlMappingNode container in Items(spec, "containers").OfType<YamlMappingNode>())
        {
            string[] words = [.. Items(container, "command").Concat(Items(container, "args")).OfType<YamlScalarNode>().Select(word => word.Value ?? "")];
            if (FlagOf(words) is { Length: > 0 } path)
            {
                return OnTheNode(path, spec, container);
            }
        }

        return null;
    }

    private static string? FlagOf(string[] words)
    {
        int at = Array.FindIndex(words, word => word == Flag || word.StartsWith(Flag + "=", StringComparison.Ordinal));
        return at < 0 ? null : words[at].Length > Flag.Length ? words[at][(Flag.Length + 1)..] : words.ElementAtOrDefault(at + 1);
    }

    // The flag is a path in the container; the deepest mount above it says where that is on the node.
    private static string OnTheNode(string path, YamlMappingNode spec, YamlMappingNode container)
    {
        Dictionary<string, string> volumes = [];
        foreach (YamlMappingNode volume in Items(spec, "volumes").OfType<YamlMappingNode>())
        {
            if (Text(volume, "name") is { } name && Child(volume, "hostPath") is YamlMappingNode host && Text(host, "path") is { } hostPath)
            {
                volumes[name] = hostPath.TrimEnd('/');
            }
        }

        (string Mount, string Host) best = ("", "");
        foreach (YamlMappingNode mount in Items(container, "volumeMounts").OfType<YamlMappingNode>())
        {
            string target = (Text(mount, "mountPath") ?? "").TrimEnd('/');
            bool covers = target.Length > 0 && (path == target || path.StartsWith(target + "/", StringComparison.Ordinal));
            if (covers && target.Length > best.Mount.Length && volumes.TryGetValue(Text(mount, "name") ?? "", out string? source))
            {
                best = (target, Text(mount, "subPath") is { Length: > 0 } sub ? source + "/" + sub : source);
            }
        }

        return best.Host + path[best.Mount.Length..];
    }

    private static YamlNode? Child(YamlMappingNode map, string name) => map.Children.TryGetValue(new YamlScalarNode(name), out YamlNode? child) ? child : null;

    private static string? Text(YamlMappingNode map, string name) => (Child(map, name) as YamlScalarNode)?.Value;

    private static IEnumerable<YamlNode> Items(YamlMappingNode map, string name) => (Child(map, name) as YamlSequenceNode)?.Children ?? [];
}
