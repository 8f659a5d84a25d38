using System.Text.Json.Nodes;

namespace K8sBackup.FakeKube.Objects;

/// <summary>Puts what a schema says of absent fields into an object, as the server does with each that is written.</summary>
internal static class SchemaDefaults
{
    public static void Fill(JsonObject? schema, JsonNode? value)
    {
        if (value is JsonArray list)
        {
            foreach (JsonNode? item in list)
            {
                Fill(schema?["items"] as JsonObject, item);
            }
        }
        else if (value is JsonObject fields)
        {
            foreach ((string name, JsonNode? property) in schema?["properties"] as JsonObject ?? [])
            {
                if (!fields.ContainsKey(name) && property!["default"] is { } standard)
                {
                    fields[name] = standard.DeepClone();
                }

                Fill(property!.AsObject(), fields[name]);
            }

            foreach ((_, JsonNode? each) in schema?["additionalProperties"] is JsonObject values ? fields.ToArray() : [])
            {
                Fill(schema!["additionalProperties"]!.AsObject(), each);
            }
        }
    }
}
