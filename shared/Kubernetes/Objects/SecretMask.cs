using System.Globalization;
using System.Text.Json.Nodes;

namespace K8sBackup.Kubernetes.Objects;

/// <summary>Takes the values out of a Secret and leaves their names and lengths.</summary>
public static class SecretMask
{
    // kubectl apply keeps the whole object here, values included.
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";

    /// <summary>The document without secret values; other kinds as they are.</summary>
    public static JsonObject Apply(StoredObject found)
    {
        ArgumentNullException.ThrowIfNull(found);
        ArgumentNullException.ThrowIfNull(found.Document);
        if (!found.IsSecret)
        {
            return found.Document;
        }

        JsonObject document = found.Document.DeepClone().AsObject();
        foreach (string field in (string[])["data", "stringData"])
        {
            document[field] = document[field] switch
            {
                JsonObject values => new JsonObject(values.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)Masked(pair.Value, field == "data")))),
                null => null,
                _ => "(masked)",
            };
            if (document[field] is null)
            {
                document.Remove(field);
            }
        }

        if (document["metadata"]?["annotations"] is JsonObject annotations && annotations.ContainsKey(LastApplied))
        {
            annotations[LastApplied] = "(masked)";
        }

        return document;
    }

    private static string Masked(JsonNode? value, bool isBase64)
    {
        if (value is not JsonValue scalar || !scalar.TryGetValue(out string? text))
        {
            return "(masked)";
        }

        Span<byte> bytes = new byte[text.Length];
        int length = isBase64 && Convert.TryFromBase64String(text, bytes, out int decoded) ? decoded : System.Text.Encoding.UTF8.GetByteCount(text);
        return string.Create(CultureInfo.InvariantCulture, $"(masked, {length} bytes)");
    }
}
