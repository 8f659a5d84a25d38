using System.Text.Json.Nodes;
using K8sBackup.Kubernetes.Objects;

namespace K8sBackup.Cli.Inside;

/// <summary>Which fields of two objects differ. Names fields only, never values, so that Secrets may be compared.</summary>
internal static class FieldChanges
{
    private const int NamedMax = 50;

    /// <summary>Paths such as spec.replicas; "(stored bytes)" where the difference lies in what is not understood.</summary>
    public static IReadOnlyList<string> Of(StoredObject before, StoredObject after)
    {
        List<string> changed = [];
        if (before.Document is { } left && after.Document is { } right)
        {
            Compare(left, right, "", changed);
        }

        // Every change of an object changes its resourceVersion, and servers note who changed what.
        changed.RemoveAll(path => path == "metadata.resourceVersion" || path.StartsWith("metadata.managedFields", StringComparison.Ordinal));
        if (!before.IsComplete || !after.IsComplete)
        {
            changed.Add("(stored bytes)");
        }

        return changed.Count <= NamedMax ? changed : [.. changed.Take(NamedMax), $"and {changed.Count - NamedMax} more"];
    }

    private static void Compare(JsonNode? left, JsonNode? right, string path, List<string> changed)
    {
        if (left is JsonObject before && right is JsonObject after)
        {
            foreach (string name in before.Select(pair => pair.Key).Union(after.Select(pair => pair.Key)))
            {
                Compare(before[name], after[name], path.Length > 0 ? $"{path}.{name}" : name, changed);
            }
        }
        else if (!JsonNode.DeepEquals(left, right))
        {
            changed.Add(path);
        }
    }
}
