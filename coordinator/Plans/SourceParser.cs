using K8sBackup.Model.Ids;
using K8sBackup.Settings.Yaml;

namespace K8sBackup.Coordinator.Plans;

/// <summary>Reads a plan's list of sources.</summary>
internal static class SourceParser
{
    /// <summary>Most sources in a plan; with every node, each makes a piece of work.</summary>
    private const int SourcesMax = 256;

    private static readonly string[] Kinds = ["etcd", "controlPlane", "volume", "podVolumes", "podCommand"];

    /// <summary>The sources; those without selectors of their own get the plan's.</summary>
    public static IReadOnlyList<PlanSource> ReadAll(YamlObject spec, IReadOnlyList<NodeSelector> planNodes)
    {
        IReadOnlyList<YamlObject> items = spec.Mappings("sources");
        if (items.Count is 0 or > SourcesMax)
        {
            spec.Fault("sources", $"1 to {SourcesMax} sources are expected, not {items.Count}.");
        }

        List<PlanSource> sources = [];
        HashSet<(SourceKind, string)> names = [];
        foreach (YamlObject item in items)
        {
            if (Read(item, planNodes) is not { } source)
            {
                continue;
            }

            if (!names.Add((source.Kind, source.Name)))
            {
                item.Fault(Kinds.First(item.Has), $"there is already a source {SourceKey.KindName(source.Kind)}/{source.Name} in this plan; give it another name.");
            }

            sources.Add(source);
        }

        return sources;
    }

    private static PlanSource? Read(YamlObject item, IReadOnlyList<NodeSelector> planNodes)
    {
        bool ownNodes = item.Has("nodes");
        IReadOnlyList<NodeSelector> nodes = ownNodes ? SelectorParser.Read(item, "nodes") : planNodes;
        (string Kind, YamlObject Options)[] given =
            [.. Kinds.Select(kind => (kind, item.Mapping(kind)!)).Where(pair => pair.Item2 is not null)];
        item.RejectOthers();
        if (given.Length != 1)
        {
            item.Fault(given.Length == 0 ? "" : given[1].Kind, $"a source needs exactly one of {string.Join(", ", Kinds)}.");
            return null;
        }

        YamlObject options = given[0].Options;
        PlanSource source = given[0].Kind switch
        {
            "etcd" => Etcd(options, nodes),
            "controlPlane" => new PlanSource.ControlPlane(Name(options, "files"), nodes, Paths(options, "extraPaths"), options.Flag("onChange", true)),
            "podVolumes" => new PlanSource.PodVolumes(Name(options, "pods"), nodes, VolumePolicyParser.Read(options), ExcludeParser.Read(options))
            {
                Freeze = Freeze(options),
            },
            "podCommand" => new PlanSource.PodCommand(Name(options, "dump"), nodes, PodCommandParser.Read(options)),
            _ => Volume(options, nodes),
        };
        options.RejectOthers();
        return source with { HasOwnNodes = ownNodes };
    }

    private static PlanSource.Etcd Etcd(YamlObject options, IReadOnlyList<NodeSelector> nodes)
    {
        string members = options.Text("members") ?? "one";
        if (members is not ("one" or "all"))
        {
            options.Fault("members", $"one or all is expected, not '{members}'.");
        }

        return new PlanSource.Etcd(
            Name(options, "etcd"),
            nodes,
            members == "all",
            options.Text("endpoint") ?? "",
            Path(options, "caFile", options.Text("caFile") ?? ""),
            Path(options, "certificateFile", options.Text("certificateFile") ?? ""),
            Path(options, "keyFile", options.Text("keyFile") ?? ""));
    }

    private static TimeSpan? Freeze(YamlObject options) => options.Duration("freeze", TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(15));

    private static PlanSource.Volume Volume(YamlObject options, IReadOnlyList<NodeSelector> nodes)
    {
        string path = Path(options, "path", options.RequiredText("path") ?? "");
        string name = options.Has("name") ? Name(options, "") : options.RequiredText("name") ?? "";
        return new PlanSource.Volume(name, nodes, path, ExcludeParser.Read(options), options.Flag("crossMounts", false))
        {
            Freeze = Freeze(options),
        };
    }

    private static string Name(YamlObject options, string otherwise)
    {
        string name = options.Text("name") ?? otherwise;
        if (!SourceKey.IsName(name))
        {
            options.Fault("name", "lower-case letters, digits, '-', '_' and '.' are allowed, beginning and ending with a letter or digit.");
        }

        return name;
    }

    private static IReadOnlyList<string> Paths(YamlObject options, string field)
    {
        IReadOnlyList<string> paths = options.Texts(field);
        foreach (string path in paths)
        {
            Path(options, field, path);
        }

        return paths;
    }

    private static string Path(YamlObject options, string field, string path)
    {
        if (path.Length > 0 && (!path.StartsWith('/') || path.Contains('\0', StringComparison.Ordinal) || path.Split('/').Contains("..")))
        {
            options.Fault(field, $"an absolute path without '..' is expected, not '{path}'.");
        }

        return path;
    }
}
