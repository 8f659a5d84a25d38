using System.Globalization;
using K8sBackup.Etcd.DataDir;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Etcd.Discovery;

/// <summary>Reads an etcd static-pod manifest, as kubeadm writes it or as changed by hand. Knows no other layout.</summary>
public static class StaticPodParser
{
    /// <summary>Where kubeadm puts the manifest, below the host's root.</summary>
    public const string DefaultPath = "etc/kubernetes/manifests/etcd.yaml";

    // A pod is a few KiB; Kubernetes itself refuses more than 1.5 MiB.
    private const long FileBytesMax = 2 << 20;

    /// <summary>Reads a manifest.</summary>
    /// <param name="file">Its path, as this process sees it.</param>
    /// <exception cref="StaticPodException">It is no etcd pod, or one of an unknown layout.</exception>
    /// <exception cref="IOException">It could not be read.</exception>
    public static EtcdStaticPod ReadFile(string file)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        return new FileInfo(file).Length <= FileBytesMax
            ? Parse(File.ReadAllText(file), file)
            : throw new StaticPodException(file, $"larger than {FileBytesMax} bytes");
    }

    /// <summary>Reads the text of a manifest; <paramref name="file"/> is named in errors.</summary>
    /// <exception cref="StaticPodException">It is no etcd pod, or one of an unknown layout.</exception>
    public static EtcdStaticPod Parse(string yaml, string file)
    {
        ArgumentNullException.ThrowIfNull(yaml);
        var stream = new YamlStream();
        try
        {
            using var reader = new StringReader(yaml);
            stream.Load(reader);
        }
        catch (Exception e) when (e is YamlException or ArgumentException or InvalidOperationException)
        {
            throw new StaticPodException(file, "it is not YAML", e);
        }

        if (stream.Documents.Count != 1 || stream.Documents[0].RootNode is not YamlMappingNode pod || Text(pod, "kind") != "Pod")
        {
            throw new StaticPodException(file, "it is not one Pod");
        }

        var spec = Map(pod, "spec") ?? throw new StaticPodException(file, "the Pod has no spec");
        foreach (var container in Maps(spec, "containers"))
        {
            List<string> words = [.. Words(container, "command"), .. Words(container, "args")];
            if (IsEtcd(container, words))
            {
                return Describe(file, spec, container, words);
            }
        }

        throw new StaticPodException(file, "no container runs etcd directly");
    }

    // An image whose entry point is etcd may have flags only.
    private static bool IsEtcd(YamlMappingNode container, List<string> words) => words.Count > 0
        && (Path.GetFileName(words[0]) == "etcd" || (words[0].StartsWith('-') && Text(container, "name") == "etcd"));

    private static EtcdStaticPod Describe(string file, YamlMappingNode spec, YamlMappingNode container, List<string> words)
    {
        var flags = EtcdFlags.Parse(words);
        foreach (var variable in Maps(container, "env"))
        {
            EtcdFlags.AddEnvironment(flags, Text(variable, "name") ?? string.Empty, Text(variable, "value") ?? string.Empty);
        }

        if (flags.ContainsKey("config-file"))
        {
            throw new StaticPodException(file, "etcd is configured by a file of its own (--config-file); give its settings directly");
        }

        return new EtcdStaticPod
        {
            File = file,
            Image = Text(container, "image") ?? string.Empty,
            Flags = flags,
            Mounts = ReadMounts(spec, container),
            Owner = ReadOwner(file, Map(container, "securityContext"), Map(spec, "securityContext")),
        };
    }

    private static List<HostMount> ReadMounts(YamlMappingNode spec, YamlMappingNode container)
    {
        var hostPaths = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var volume in Maps(spec, "volumes"))
        {
            if (Text(volume, "name") is { } name && Map(volume, "hostPath") is { } source && Text(source, "path") is { Length: > 0 } path)
            {
                hostPaths[name] = path;
            }
        }

        var mounts = new List<HostMount>();
        foreach (var mount in Maps(container, "volumeMounts"))
        {
            if (Text(mount, "mountPath") is { Length: > 0 } target && hostPaths.TryGetValue(Text(mount, "name") ?? string.Empty, out var path))
            {
                mounts.Add(new HostMount(target, Text(mount, "subPath") is { Length: > 0 } sub ? Path.Join(path, sub) : path));
            }
        }

        return mounts;
    }

    private static FileOwner? ReadOwner(string file, YamlMappingNode? container, YamlMappingNode? pod)
    {
        uint? Id(string key)
        {
            var text = Text(container, key) ?? Text(pod, key);
            return text is null ? null
                : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id
                : throw new StaticPodException(file, $"{key} '{text}' is not an id");
        }

        var user = Id("runAsUser");
        var group = Id("runAsGroup");
        return user is null && group is null ? null : new FileOwner(user ?? 0, group ?? 0);
    }

    private static YamlNode? Child(YamlMappingNode? node, string key) =>
        node is not null && node.Children.TryGetValue(new YamlScalarNode(key), out var child) ? child : null;

    private static string? Text(YamlMappingNode? node, string key) => (Child(node, key) as YamlScalarNode)?.Value;

    private static YamlMappingNode? Map(YamlMappingNode node, string key) => Child(node, key) as YamlMappingNode;

    private static IEnumerable<YamlMappingNode> Maps(YamlMappingNode node, string key) =>
        (Child(node, key) as YamlSequenceNode)?.Children.OfType<YamlMappingNode>() ?? [];

    private static IEnumerable<string> Words(YamlMappingNode node, string key) =>
        (Child(node, key) as YamlSequenceNode)?.Children.OfType<YamlScalarNode>().Select(word => word.Value ?? string.Empty) ?? [];
}
