using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Cli.Output;

/// <summary>Documents as YAML.</summary>
internal static class YamlText
{
    // Words YAML 1.1 readers take for truth values and nothing.
    private static readonly string[] Reserved = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];

    /// <summary>The text, ending in a line break.</summary>
    public static string Of(JsonNode document)
    {
        using StringWriter writer = new() { NewLine = "\n" };
        new YamlStream(new YamlDocument(Convert(document))).Save(writer, assignAnchors: false);
        string text = writer.ToString();

        // The emitter closes a document with "...", which joined lists would not survive.
        return Escape(text.EndsWith("...\n", StringComparison.Ordinal) ? text[..^4] : text);
    }

    private static YamlScalarNode Quoted(string text) => new(text) { Style = ScalarStyle.DoubleQuoted };

    /// <summary>The emitter leaves format characters as they are, which turn text around on a terminal. All foreign text is in double quotes.</summary>
    private static string Escape(string yaml)
    {
        StringBuilder escaped = new(yaml.Length);
        foreach (Rune rune in yaml.EnumerateRunes())
        {
            bool plain = rune.Value is '\n' or (>= ' ' and <= '~')
                || Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                    or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
            escaped.Append(plain ? rune.ToString() : string.Create(CultureInfo.InvariantCulture, $"\\U{rune.Value:X8}"));
        }

        return escaped.ToString();
    }

    private static YamlNode Convert(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                YamlMappingNode mapping = [];
                foreach ((string name, JsonNode? value) in map)
                {
                    mapping.Add(name.All(char.IsAsciiLetterOrDigit) && !Reserved.Contains(name) ? new YamlScalarNode(name) : Quoted(name), Convert(value));
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
                    ? Quoted(node.GetValue<string>())
                    : new YamlScalarNode(node.ToJsonString());
        }
    }
}
