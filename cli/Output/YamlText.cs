using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Cli.Output;

/// <summary>Documents as YAML.</summary>
internal static class YamlText
{
    /// <summary>The text, ending in a line break.</summary>
    public static string Of(JsonNode document)
    {
        using StringWriter writer = new() { NewLine = "\n" };
        new YamlStream(new YamlDocument(Convert(document))).Save(writer, assignAnchors: false);
        string text = writer.ToString();

        // The emitter closes a document with "...", which joined lists would not survive.
        return text.EndsWith("...\n", StringComparison.Ordinal) ? text[..^4] : text;
    }

    private static YamlNode Convert(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                YamlMappingNode mapping = [];
                foreach ((string name, JsonNode? value) in map)
                {
                    mapping.Add(new YamlScalarNode(name), Convert(value));
                }

                return mapping;
            case JsonArray list:
                YamlSequenceNode sequence = new(list.Select(Convert));
                sequence.Style = list.Count == 0 ? YamlDotNet.Core.Events.SequenceStyle.Flow : YamlDotNet.Core.Events.SequenceStyle.Block;
                return sequence;
            case null:
                return new YamlScalarNode("null");
            default:
                // Quoted, so that no text is taken for a number, a date or a truth value, and control characters are escaped.
                return node.GetValueKind() == JsonValueKind.String
                    ? new YamlScalarNode(node.GetValue<string>()) { Style = ScalarStyle.DoubleQuoted }
                    : new YamlScalarNode(node.ToJsonString());
        }
    }
}
