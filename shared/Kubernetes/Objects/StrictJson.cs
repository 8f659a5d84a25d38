using System.Text.Json;
using System.Text.Json.Nodes;

namespace K8sBackup.Kubernetes.Objects;

/// <summary>
/// JSON of unknown origin, read completely at once: no duplicate names, no text that is not Unicode, bounded nesting.
/// Numbers keep the digits they have.
/// </summary>
internal static class StrictJson
{
    // Schemas inside resource definitions are the deepest JSON there is, at some dozens of levels.
    private const int DepthMax = 256;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = DepthMax, AllowDuplicateProperties = false };

    /// <exception cref="MalformedObjectException">It is not JSON.</exception>
    public static JsonNode? Parse(ReadOnlySpan<byte> utf8)
    {
        try
        {
            // Parsing leaves escapes in texts for later; copying reads them now, while a fault can still be told.
            return Copy(JsonNode.Parse(utf8, documentOptions: Options));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The parser's own message may quote content.
            throw new MalformedObjectException("it begins like JSON and is not JSON", e);
        }
    }

    private static JsonNode? Copy(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.Select(pair => KeyValuePair.Create(pair.Key, Copy(pair.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Copy)]),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => JsonValue.Create(value.GetValue<string>()),
        _ => node?.DeepClone(),
    };
}
