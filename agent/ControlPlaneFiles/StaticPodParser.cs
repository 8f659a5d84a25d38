using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Agent.ControlPlaneFiles;

/// <summary>Reads static-pod manifests, YAML or JSON, for flags and host paths; everything else is passed over.</summary>
internal static class StaticPodParser
{
    /// <summary>The pod in the text.</summary>
    /// <exception cref="InvalidDataException">The text is no pod manifest; the message says why.</exception>
    public static StaticPod Parse(string text)
    {
        try
        {
            YamlStream yaml = new();
            using StringReader reader = new(text);
            yaml.Load(reader);
            if (yaml.Documents is not [{ RootNode: YamlMappingNode root }] || Text(root, "kind") != "Pod" || Child(root, "spec") is not YamlMappingNode spec)
            {
                throw new InvalidDataException("it is not one Pod with a spec");
            }

            string name = Child(root, "metadata") is YamlMappingNode metadata ? Text(metadata, "name") ?? "" : "";
            Dictionary<string, PodHostPath> volumes = HostPaths(spec);
            List<PodFlag> flags = [];
            foreach (YamlMappingNode container in Items(spec, "containers").Concat(Items(spec, "initContainers")))
            {
                List<(string MountPath, string HostPath)> mounts = Mounts(container, volumes);
                flags.AddRange(Flags(container).Select(flag => flag with { NodePath = NodePath(flag.Value, mounts) }));
            }

            return new StaticPod(name, flags, [.. volumes.Values]);
        }
        catch (YamlException e)
        {
            throw new InvalidDataException($"it is not valid YAML (line {e.Start.Line})", e);
        }
    }

    private static Dictionary<string, PodHostPath> HostPaths(YamlMappingNode spec)
    {
        Dictionary<string, PodHostPath> paths = [];
        foreach (YamlMappingNode volume in Items(spec, "volumes"))
        {
            if (Child(volume, "hostPath") is YamlMappingNode host && Text(volume, "name") is { } name && Text(host, "path") is ['/', ..] path)
            {
                string type = Text(host, "type") ?? "";
                paths[name] = new PodHostPath(path, type.Length == 0 || type.EndsWith("OrCreate", StringComparison.Ordinal));
            }
        }

        return paths;
    }

    private static List<(string MountPath, string HostPath)> Mounts(YamlMappingNode container, Dictionary<string, PodHostPath> volumes)
    {
        List<(string MountPath, string HostPath)> mounts = [];
        foreach (YamlMappingNode mount in Items(container, "volumeMounts"))
        {
            if (Text(mount, "mountPath") is { } mountPath && volumes.TryGetValue(Text(mount, "name") ?? "", out PodHostPath? volume))
            {
                string hostPath = Text(mount, "subPath") is { Length: > 0 } sub ? $"{volume.Path.TrimEnd('/')}/{sub}" : volume.Path;
                mounts.Add((mountPath.TrimEnd('/'), hostPath.TrimEnd('/')));
            }
        }

        return mounts;
    }

    private static IEnumerable<PodFlag> Flags(YamlMappingNode container)
    {
        string[] words = [.. Words(container, "command"), .. Words(container, "args")];
        for (int i = 0; i < words.Length; i++)
        {
            if (!words[i].StartsWith('-'))
            {
                continue;
            }

            string word = words[i].TrimStart('-');
            int equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals >= 0)
            {
                yield return new PodFlag(word[..equals], word[(equals + 1)..], null);
            }
            else if (i + 1 < words.Length && !words[i + 1].StartsWith('-'))
            {
                yield return new PodFlag(word, words[++i], null);
            }
        }
    }

    // The deepest mount wins, as in the container.
    private static string? NodePath(string value, List<(string MountPath, string HostPath)> mounts)
    {
        if (!value.StartsWith('/'))
        {
            return null;
        }

        (string MountPath, string HostPath) mount = mounts
            .Where(m => value == m.MountPath || value.StartsWith(m.MountPath + "/", StringComparison.Ordinal))
            .OrderByDescending(m => m.MountPath.Length)
            .FirstOrDefault();
        return mount.HostPath is null ? null : mount.HostPath + value[mount.MountPath.Length..];
    }

    private static YamlNode? Child(YamlMappingNode node, string key) =>
        node.Children.TryGetValue(new YamlScalarNode(key), out YamlNode? child) ? child : null;

    private static string? Text(YamlMappingNode node, string key) => (Child(node, key) as YamlScalarNode)?.Value;

    private static IEnumerable<YamlMappingNode> Items(YamlMappingNode node, string key) =>
        (Child(node, key) as YamlSequenceNode)?.OfType<YamlMappingNode>() ?? [];

    private static IEnumerable<string> Words(YamlMappingNode node, string key) =>
        (Child(node, key) as YamlSequenceNode)?.OfType<YamlScalarNode>().Select(word => word.Value ?? "") ?? [];
}
