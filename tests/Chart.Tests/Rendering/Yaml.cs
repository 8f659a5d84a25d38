using YamlDotNet.RepresentationModel;

namespace K8sBackup.Chart.Tests.Rendering;

/// <summary>Ways into a YAML document: fields by path, with '/' between them; what is not there is null or empty.</summary>
internal static class Yaml
{
    public static IReadOnlyList<YamlNode> Documents(string text)
    {
        YamlStream stream = [];
        using StringReader reader = new(text);
        stream.Load(reader);
        return [.. stream.Documents.Select(document => document.RootNode)];
    }

    public static YamlNode? At(this YamlNode? node, string path)
    {
        foreach (string field in path.Split('/'))
        {
            node = node is YamlMappingNode mapping && mapping.Children.TryGetValue(new YamlScalarNode(field), out YamlNode? value) ? value : null;
        }

        return node;
    }

    public static string? Text(this YamlNode? node, string path) => (node.At(path) as YamlScalarNode)?.Value;

    public static IReadOnlyList<YamlNode> Items(this YamlNode? node, string path) => node.At(path) is YamlSequenceNode items ? [.. items] : [];

    public static IReadOnlyList<string> Texts(this YamlNode? node, string path) => [.. node.Items(path).Select(item => ((YamlScalarNode)item).Value!)];

    public static IReadOnlyDictionary<string, string> Map(this YamlNode? node, string path) => node.At(path) is YamlMappingNode mapping
        ? mapping.Children.ToDictionary(pair => ((YamlScalarNode)pair.Key).Value!, pair => ((YamlScalarNode)pair.Value).Value!)
        : new Dictionary<string, string>();
}
