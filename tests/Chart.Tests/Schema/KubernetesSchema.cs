using K8sBackup.Chart.Tests.Rendering;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Chart.Tests.Schema;

/// <summary>Checks objects against the fields Kubernetes has. Unknown fields, wrong types and missing fields are faults, each with its path.</summary>
internal sealed class KubernetesSchema
{
    private const string Choice = "one";

    private readonly YamlNode _kinds;
    private readonly YamlNode _types;

    private KubernetesSchema(YamlNode root)
    {
        _kinds = root.At("kinds")!;
        _types = root.At("types")!;
    }

    public static KubernetesSchema Read() =>
        new(Yaml.Documents(File.ReadAllText(RepositoryTree.PathOf("tests/Chart.Tests/Schema/kubernetes-1.34.yaml"))).Single());

    public IReadOnlyList<string> Faults(KubeObject each)
    {
        List<string> faults = [];
        if (Field(_kinds, $"{each.ApiVersion} {each.Kind}") is not { } kind)
        {
            return [$"{each}: the schema has no kind '{each.ApiVersion} {each.Kind}'"];
        }

        CheckFields(each.ToString(), kind, each.Root, ["apiVersion", "kind"], faults);
        return faults;
    }

    private void Check(string path, string type, YamlNode value, List<string> faults)
    {
        string? fault = (type[0], value) switch
        {
            ('[', YamlSequenceNode list) => CheckAll(path, type[1..^1], list.Select((item, index) => ($"[{index}]", item)), faults),
            ('{' or '<', YamlMappingNode map) => CheckMap(path, type, map, faults),
            ('[', _) => "a list is expected",
            ('{' or '<', _) => "a mapping is expected",
            _ when Field(_types, type) is { } fields => value is YamlMappingNode ? CheckFields(path, fields, value, [], faults) : "a mapping is expected",
            _ => ScalarTypes.Fault(type, value),
        };
        if (fault is not null)
        {
            faults.Add($"{path}: {fault}");
        }
    }

    private string? CheckAll(string path, string type, IEnumerable<(string Name, YamlNode Value)> items, List<string> faults)
    {
        foreach ((string name, YamlNode value) in items)
        {
            Check(path + name, type, value, faults);
        }

        return null;
    }

    private string? CheckMap(string path, string type, YamlMappingNode map, List<string> faults)
    {
        foreach (YamlNode key in map.Children.Keys)
        {
            if (type[0] == '<' && ScalarTypes.Fault("labelKey", key) is { } fault)
            {
                faults.Add($"{path}: {fault}");
            }
        }

        return CheckAll(path, type[1..^1], map.Children.Select(pair => ($"/{((YamlScalarNode)pair.Key).Value}", pair.Value)), faults);
    }

    private string? CheckFields(string path, YamlNode fields, YamlNode value, IReadOnlyList<string> besides, List<string> faults)
    {
        Dictionary<string, YamlNode> given = ((YamlMappingNode)value).Children.ToDictionary(pair => ((YamlScalarNode)pair.Key).Value!, pair => pair.Value);
        foreach ((YamlNode key, YamlNode declared) in ((YamlMappingNode)fields).Children)
        {
            string name = ((YamlScalarNode)key).Value!;
            if (name == Choice)
            {
                int chosen = ((YamlSequenceNode)declared).Count(option => given.ContainsKey(((YamlScalarNode)option).Value!));
                faults.AddRange(chosen == 1 ? [] : [$"{path}: {chosen} of {string.Join(", ", fields.Texts(Choice))} are given; one is expected"]);
                continue;
            }

            string type = ((YamlScalarNode)declared).Value!;
            if (given.Remove(name, out YamlNode? there))
            {
                Check($"{path}/{name}", type.TrimEnd('!'), there, faults);
            }
            else if (type.EndsWith('!'))
            {
                faults.Add($"{path}/{name}: is missing");
            }
        }

        faults.AddRange(given.Keys.Except(besides).Select(unknown => $"{path}/{unknown}: there is no such field"));
        return null;
    }

    private static YamlNode? Field(YamlNode mapping, string name) =>
        ((YamlMappingNode)mapping).Children.TryGetValue(new YamlScalarNode(name), out YamlNode? value) ? value : null;
}
