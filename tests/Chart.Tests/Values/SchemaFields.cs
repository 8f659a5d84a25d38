using System.Text.Json;

namespace K8sBackup.Chart.Tests.Values;

/// <summary>The fields a JSON schema declares below its root, but for those of shared definitions and of free mappings.</summary>
internal static class SchemaFields
{
    // Helm's own; objects whose fields are all optional details.
    private static readonly string[] _details = ["global", "store/s3/objectLock/", "store/throttle/", "store/retry/", "agents/reading/", "agents/seLinuxOptions/"];

    public static IReadOnlyList<string> Of(string file)
    {
        using JsonDocument schema = JsonDocument.Parse(File.ReadAllText(file));
        return [.. Fields("", schema.RootElement).Where(path => !_details.Any(detail => path.StartsWith(detail, StringComparison.Ordinal)))];
    }

    private static IEnumerable<string> Fields(string path, JsonElement schema)
    {
        if (!schema.TryGetProperty("properties", out JsonElement properties))
        {
            yield break;
        }

        foreach (JsonProperty property in properties.EnumerateObject())
        {
            yield return path + property.Name;
            foreach (string below in Fields($"{path}{property.Name}/", property.Value))
            {
                yield return below;
            }
        }
    }
}
