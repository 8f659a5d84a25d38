using System.Text.Json.Nodes;

namespace K8sBackup.FakeKube.Objects;

/// <summary>
/// The leaves of an object and their values, in the words of managedFields: <c>f:spec</c>, <c>k:{"type":"Ready"}</c>, one
/// after the other. Lists that are no maps are one leaf; finalizers are a set.
/// </summary>
internal static class FieldSet
{
    public const char Separator = '\n';

    // What the server keeps itself, and what names the object.
    private static readonly HashSet<string> _notOwned =
    [
        "f:apiVersion", "f:kind", "f:metadata\nf:name", "f:metadata\nf:namespace", "f:metadata\nf:uid", "f:metadata\nf:resourceVersion",
        "f:metadata\nf:generation", "f:metadata\nf:creationTimestamp", "f:metadata\nf:deletionTimestamp", "f:metadata\nf:managedFields",
        "f:metadata\nf:generateName", "f:metadata\nf:deletionGracePeriodSeconds", "f:metadata\nf:selfLink",
    ];

    public static Dictionary<string, JsonNode?> Of(ResourceDefinition type, JsonObject item)
    {
        Dictionary<string, JsonNode?> leaves = [];
        Collect(type, item, "", "", leaves);
        return leaves;
    }

    /// <summary>As fieldsV1.</summary>
    public static JsonObject ToTree(IEnumerable<string> paths)
    {
        JsonObject root = [];
        foreach (string path in paths.Order(StringComparer.Ordinal))
        {
            JsonObject node = root;
            foreach (string part in path.Split(Separator))
            {
                if (node[part] is not JsonObject next)
                {
                    next = [];
                    node[part] = next;
                }

                node = next;
            }
        }

        return root;
    }

    public static HashSet<string> FromTree(JsonObject tree)
    {
        HashSet<string> paths = [];
        Walk(tree, "");
        return paths;

        void Walk(JsonObject node, string path)
        {
            if (node.Count == 0 && path.Length > 0)
            {
                paths.Add(path);
            }

            foreach ((string part, JsonNode? inner) in node)
            {
                Walk(inner!.AsObject(), path.Length > 0 ? path + Separator + part : part);
            }
        }
    }

    /// <summary>Removes one leaf, and what is empty above it.</summary>
    public static void Remove(JsonObject item, string path) => Remove(item, path.Split(Separator), 0);

    private static bool Remove(JsonNode node, string[] parts, int at)
    {
        string part = parts[at];
        string key = part[2..];
        JsonNode? inner = node switch
        {
            JsonObject o => o[key],
            JsonArray a => part[0] == 'v' ? a.FirstOrDefault(v => v!.ToJsonString() == key) : a.FirstOrDefault(v => HasKey(v, key)),
            _ => null,
        };
        if (inner is null)
        {
            return false;
        }

        bool gone = at == parts.Length - 1 || Remove(inner, parts, at + 1);
        if (!gone)
        {
            return false;
        }

        if (node is JsonObject parent)
        {
            parent.Remove(key);
            return parent.Count == 0;
        }

        JsonArray list = node.AsArray();
        list.Remove(inner);
        return list.Count == 0;
    }

    private static bool HasKey(JsonNode? entry, string key) =>
        JsonNode.Parse(key)!.AsObject().All(field => JsonNode.DeepEquals(entry?[field.Key], field.Value));

    private static void Collect(ResourceDefinition type, JsonNode? node, string path, string dotted, Dictionary<string, JsonNode?> leaves)
    {
        switch (node)
        {
            case JsonObject { Count: > 0 } item:
                foreach ((string name, JsonNode? value) in item)
                {
                    string next = path.Length > 0 ? $"{path}{Separator}f:{name}" : $"f:{name}";
                    if (!_notOwned.Contains(next))
                    {
                        Collect(type, value, next, dotted.Length > 0 ? $"{dotted}.{name}" : name, leaves);
                    }
                }

                break;
            case JsonArray { Count: > 0 } list when dotted == "metadata.finalizers":
                foreach (JsonNode? value in list)
                {
                    leaves[$"{path}{Separator}v:{value!.ToJsonString()}"] = value;
                }

                break;
            case JsonArray { Count: > 0 } list when Keys(type, dotted) is { } keys:
                foreach (JsonNode? entry in list)
                {
                    string key = new JsonObject(keys.Select(k => KeyValuePair.Create(k, entry?[k]?.DeepClone()))).ToJsonString();
                    Collect(type, entry, $"{path}{Separator}k:{key}", dotted, leaves);
                }

                break;
            default:
                leaves[path] = node;
                break;
        }
    }

    internal static IReadOnlyList<string>? Keys(ResourceDefinition type, string dotted) =>
        dotted == "metadata.ownerReferences" ? ["uid"] : type.ListKeys.GetValueOrDefault(dotted);
}
