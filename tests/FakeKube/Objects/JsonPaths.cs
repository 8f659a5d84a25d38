using System.Text.Json.Nodes;

namespace K8sBackup.FakeKube.Objects;

/// <summary>Small conveniences over JSON objects.</summary>
internal static class JsonPaths
{
    public static JsonObject Meta(this JsonObject item) => item["metadata"] as JsonObject ?? Added(item);

    public static string Name(this JsonObject item) => (string?)item.Meta()["name"] ?? "";

    public static string Namespace(this JsonObject item) => (string?)item.Meta()["namespace"] ?? "";

    public static string Uid(this JsonObject item) => (string?)item.Meta()["uid"] ?? "";

    public static long Version(this JsonObject item) => long.Parse((string)item.Meta()["resourceVersion"]!, System.Globalization.CultureInfo.InvariantCulture);

    public static JsonObject Copy(this JsonObject item) => item.DeepClone().AsObject();

    /// <summary>The value at a dotted path; null when there is none.</summary>
    public static JsonNode? At(this JsonObject item, string path)
    {
        JsonNode? node = item;
        foreach (string part in path.Split('.'))
        {
            node = (node as JsonObject)?[part];
        }

        return node;
    }

    /// <summary>Sets or, with null, removes.</summary>
    public static void Put(this JsonObject item, string field, JsonNode? value)
    {
        if (value is null)
        {
            item.Remove(field);
        }
        else
        {
            item[field] = value.DeepClone();
        }
    }

    public static bool HasFinalizers(this JsonObject item) => item.Meta()["finalizers"] is JsonArray { Count: > 0 };

    private static JsonObject Added(JsonObject item)
    {
        JsonObject meta = [];
        item["metadata"] = meta;
        return meta;
    }
}
