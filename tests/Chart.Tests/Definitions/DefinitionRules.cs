using K8sBackup.Chart.Tests.Rendering;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Chart.Tests.Definitions;

/// <summary>The rules of a definition, asked as an API server asks them.</summary>
internal sealed class DefinitionRules
{
    private const string Validations = "x-kubernetes-validations";

    private readonly YamlNode _schema;

    private DefinitionRules(YamlNode schema) => _schema = schema;

    public static DefinitionRules Of(string kind) => new(
        Yaml.Documents(File.ReadAllText(RepositoryTree.PathOf($"charts/k8s-backup-agent/crds/{kind.ToLowerInvariant()}s.yaml"))).Single().Items("spec/versions")[0].At("schema/openAPIV3Schema")!);

    /// <summary>Every rule there is, once.</summary>
    public IEnumerable<string> All => Below(_schema).SelectMany(schema => schema.Items(Validations)).Select(rule => rule.Text("rule")!).Distinct();

    /// <summary>What an object breaks: the field, the message and the rule.</summary>
    /// <param name="item">The object.</param>
    /// <param name="former">As it was before; null when it is new.</param>
    public IReadOnlyList<(string Field, string Message, string Rule)> Faults(YamlNode item, YamlNode? former = null)
    {
        List<(string, string, string)> faults = [];
        Check("", _schema, item, former, faults);
        return faults;
    }

    private static void Check(string path, YamlNode schema, YamlNode value, YamlNode? former, List<(string, string, string)> faults)
    {
        foreach (YamlNode rule in schema.Items(Validations))
        {
            string text = rule.Text("rule")!;
            Dictionary<string, object> scope = new() { ["self"] = CelRule.Value(value) };
            if (former is not null)
            {
                scope["oldSelf"] = CelRule.Value(former);
            }

            // A rule about a change is asked when there is one.
            if ((former is not null || !text.Contains("oldSelf", StringComparison.Ordinal)) && !new CelRule(text).IsTrue(scope))
            {
                faults.Add((path, rule.Text("message")!, text));
            }
        }

        foreach ((YamlNode key, YamlNode property) in (schema.At("properties") as YamlMappingNode)?.Children.ToArray() ?? [])
        {
            string name = ((YamlScalarNode)key).Value!;
            if (value.At(name) is { } below)
            {
                Check(path.Length > 0 ? $"{path}.{name}" : name, property, below, former.At(name), faults);
            }
        }

        if (value is YamlSequenceNode list && schema.At("items") is { } items)
        {
            for (int i = 0; i < list.Children.Count; i++)
            {
                Check($"{path}[{i}]", items, list.Children[i], null, faults);
            }
        }
    }

    private static IEnumerable<YamlNode> Below(YamlNode schema)
    {
        IEnumerable<YamlNode> inner = schema.At("properties") is YamlMappingNode fields ? fields.Children.Values : [];
        return [schema, .. inner.Concat(schema.At("items") is { } items ? [items] : []).SelectMany(Below)];
    }
}
