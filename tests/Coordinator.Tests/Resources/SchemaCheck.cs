using System.Globalization;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Coordinator.Tests.Resources;

/// <summary>
/// What an API server says of an object by a structural schema: types, required and unknown fields, bounds, patterns and
/// words. Not the rules in CEL: those need an API server.
/// </summary>
internal static class SchemaCheck
{
    public static IReadOnlyList<string> Faults(YamlMappingNode schema, YamlNode value)
    {
        List<string> faults = [];
        Check("", schema, value, faults);
        return faults;
    }

    private static void Check(string path, YamlMappingNode schema, YamlNode value, List<string> faults)
    {
        switch (CustomResource.Value(schema, "type"))
        {
            case "object" when value is YamlMappingNode mapping:
                CheckObject(path, schema, mapping, faults);
                break;
            case "array" when value is YamlSequenceNode list:
                Bounds(path, schema, list.Children.Count, "Items", faults);
                for (int i = 0; i < list.Children.Count; i++)
                {
                    Check($"{path}[{i}]", CustomResource.Map(schema, "items"), list.Children[i], faults);
                }

                break;
            case "string" when value is YamlScalarNode scalar && (scalar.Style is ScalarStyle.DoubleQuoted or ScalarStyle.SingleQuoted || !LooksOtherwise(scalar.Value!)):
                CheckText(path, schema, scalar.Value!, faults);
                break;
            case "integer" when value is YamlScalarNode { Style: ScalarStyle.Plain } scalar && long.TryParse(scalar.Value, CultureInfo.InvariantCulture, out long number):
                if (number < (CustomResource.Number(schema, "minimum") ?? long.MinValue) || number > (CustomResource.Number(schema, "maximum") ?? long.MaxValue))
                {
                    faults.Add($"{path}: {number} is out of bounds");
                }

                break;
            case "boolean" when value is YamlScalarNode { Style: ScalarStyle.Plain, Value: "true" or "false" }:
                break;
            case var type:
                faults.Add($"{path}: no {type}");
                break;
        }
    }

    private static bool LooksOtherwise(string text) => text is "true" or "false" or "null" or "~" or "" || double.TryParse(text, CultureInfo.InvariantCulture, out _);

    private static void CheckObject(string path, YamlMappingNode schema, YamlMappingNode value, List<string> faults)
    {
        Bounds(path, schema, value.Children.Count, "Properties", faults);
        HashSet<string> known = [.. CustomResource.Fields(schema)];
        foreach ((YamlNode key, YamlNode each) in value.Children)
        {
            if (known.Contains(key.ToString()))
            {
                Check($"{path}.{key}", CustomResource.Map(schema, "properties", key.ToString()), each, faults);
            }
            else if (schema.Children.TryGetValue("additionalProperties", out YamlNode? values))
            {
                Check($"{path}.{key}", (YamlMappingNode)values, each, faults);
            }
            else if (path != ".metadata")
            {
                faults.Add($"{path}.{key}: there is no such field");
            }
        }

        if (schema.Children.TryGetValue("required", out YamlNode? required))
        {
            faults.AddRange(((YamlSequenceNode)required).Children.Select(r => r.ToString()).Where(r => !value.Children.ContainsKey(r)).Select(r => $"{path}.{r}: is missing"));
        }
    }

    private static void CheckText(string path, YamlMappingNode schema, string text, List<string> faults)
    {
        Bounds(path, schema, text.Length, "Length", faults);
        if (CustomResource.Value(schema, "pattern") is { } pattern && !Regex.IsMatch(text, pattern, RegexOptions.None, TimeSpan.FromSeconds(60)))
        {
            faults.Add($"{path}: '{text}' does not match {pattern}");
        }

        if (schema.Children.TryGetValue("enum", out YamlNode? words) && ((YamlSequenceNode)words).Children.All(w => w.ToString() != text))
        {
            faults.Add($"{path}: '{text}' is none of the words");
        }
    }

    private static void Bounds(string path, YamlMappingNode schema, int count, string what, List<string> faults)
    {
        if (count < (CustomResource.Number(schema, $"min{what}") ?? 0) || count > (CustomResource.Number(schema, $"max{what}") ?? int.MaxValue))
        {
            faults.Add($"{path}: {count} is out of bounds");
        }
    }
}
