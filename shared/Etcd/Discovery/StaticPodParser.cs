using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Etcd.Discovery;

/// <summary>Reads static-pod manifests, YAML or JSON, for files and flags; everything else is passed over.</summary>
public static class StaticPodParser
{
    // A pod is a few KiB; Kubernetes itself refuses more than 1.5 MiB.
    private const long FileBytesMax = 2 << 20;

    /// <summary>Reads a manifest.</summary>
    /// <param name="file">Its path, as this process sees it.</param>
    /// <exception cref="StaticPodException">It is no pod.</exception>
    /// <exception cref="IOException">It could not be read.</exception>
    public static StaticPod ReadFile(string file)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        return new FileInfo(file).Length <= FileBytesMax
            ? Parse(File.ReadAllText(file), file)
            : throw new StaticPodException(file, $"larger than {FileBytesMax} bytes");
    }

    /// <summary>Reads the text of a manifest; <paramref name="file"/> is named in errors.</summary>
    /// <exception cref="StaticPodException">It is no pod.</exception>
    public static StaticPod Parse(string yaml, string file)
    {
        ArgumentNullException.ThrowIfNull(yaml);
        var pod = Load(yaml, file);
        var spec = Child(pod, "spec") as YamlMappingNode ?? throw new StaticPodException(file, "the Pod has no spec");
        var volumes = Volumes(spec);
        var security = Child(spec, "securityContext") as YamlMappingNode;
        return new StaticPod
        {
            File = file,
            Name = Text(Child(pod, "metadata") as YamlMappingNode, "name") ?? "",
            Containers = [.. Maps(spec, "containers").Concat(Maps(spec, "initContainers")).Select(container => Container(container, volumes, security))],
            HostPaths = [.. volumes.Values],
        };
    }

    private static YamlMappingNode Load(string yaml, string file)
    {
        var stream = new YamlStream();
        try
        {
            using var reader = new StringReader(yaml);
            stream.Load(reader);
        }
        catch (YamlException e)
        {
            throw new StaticPodException(file, $"it is not YAML (line {e.Start.Line})", e);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            throw new StaticPodException(file, "it is not YAML", e);
        }

        return stream.Documents is [{ RootNode: YamlMappingNode pod }] && Text(pod, "kind") == "Pod"
            ? pod
            : throw new StaticPodException(file, "it is not one Pod");
    }

    private static Dictionary<string, PodHostPath> Volumes(YamlMappingNode spec)
    {
        var volumes = new Dictionary<string, PodHostPath>(StringComparer.Ordinal);
        foreach (var volume in Maps(spec, "volumes"))
        {
            if (Text(volume, "name") is { } name && Child(volume, "hostPath") is YamlMappingNode source && Text(source, "path") is ['/', ..] path)
            {
                var type = Text(source, "type") ?? "";
                volumes[name] = new PodHostPath(path, type.Length == 0 || type.EndsWith("OrCreate", StringComparison.Ordinal));
            }
        }

        return volumes;
    }

    private static PodContainer Container(YamlMappingNode container, Dictionary<string, PodHostPath> volumes, YamlMappingNode? podSecurity)
    {
        var security = Child(container, "securityContext") as YamlMappingNode;
        return new PodContainer
        {
            Name = Text(container, "name") ?? "",
            Image = Text(container, "image") ?? "",
            Words = [.. Words(container, "command"), .. Words(container, "args")],
            Environment = [.. Maps(container, "env").Select(variable => KeyValuePair.Create(Text(variable, "name") ?? "", Text(variable, "value") ?? ""))],
            Mounts = [.. Mounts(container, volumes)],
            RunAsUser = Text(security, "runAsUser") ?? Text(podSecurity, "runAsUser"),
            RunAsGroup = Text(security, "runAsGroup") ?? Text(podSecurity, "runAsGroup"),
        };
    }

    private static IEnumerable<HostMount> Mounts(YamlMappingNode container, Dictionary<string, PodHostPath> volumes)
    {
        foreach (var mount in Maps(container, "volumeMounts"))
        {
            if (Text(mount, "mountPath") is { Length: > 0 } target && volumes.TryGetValue(Text(mount, "name") ?? "", out var volume))
            {
                yield return new HostMount(target, Text(mount, "subPath") is { Length: > 0 } sub ? $"{volume.Path.TrimEnd('/')}/{sub}" : volume.Path);
            }
        }
    }

    private static YamlNode? Child(YamlMappingNode? node, string key) =>
        node is not null && node.Children.TryGetValue(new YamlScalarNode(key), out var child) ? child : null;

    private static string? Text(YamlMappingNode? node, string key) => (Child(node, key) as YamlScalarNode)?.Value;

    private static IEnumerable<YamlMappingNode> Maps(YamlMappingNode node, string key) =>
        (Child(node, key) as YamlSequenceNode)?.Children.OfType<YamlMappingNode>() ?? [];

    private static IEnumerable<string> Words(YamlMappingNode node, string key) =>
        (Child(node, key) as YamlSequenceNode)?.Children.OfType<YamlScalarNode>().Select(word => word.Value ?? "") ?? [];
}
