using System.Text.Json.Nodes;
using K8sBackup.FakeKube.Objects;

namespace K8sBackup.FakeKube.Serving;

/// <summary>Objects as the rows that kubectl prints.</summary>
internal static class TableView
{
    private static readonly PrinterColumn _name = new("Name", "string", ".metadata.name", 0);

    public static JsonObject Of(ResourceDefinition type, JsonObject answer, DateTimeOffset now)
    {
        IReadOnlyList<PrinterColumn> columns = [_name, .. type.Columns];
        JsonObject[] items = answer["items"] is JsonArray list ? [.. list.Select(item => item!.AsObject())] : [answer];
        return new JsonObject
        {
            ["kind"] = "Table",
            ["apiVersion"] = "meta.k8s.io/v1",
            ["metadata"] = new JsonObject { ["resourceVersion"] = answer["metadata"]!["resourceVersion"]?.DeepClone() },
            ["columnDefinitions"] = new JsonArray([.. columns.Select(column => (JsonNode)new JsonObject
            {
                ["name"] = column.Name,
                ["type"] = column == _name ? "string" : column.Type,
                ["format"] = column == _name ? "name" : "",
                ["description"] = "",
                ["priority"] = column.Priority,
            })]),
            ["rows"] = new JsonArray([.. items.Select(item => (JsonNode)new JsonObject
            {
                ["cells"] = new JsonArray([.. columns.Select(column => column.Cell(item, now))]),
                ["object"] = new JsonObject { ["kind"] = "PartialObjectMetadata", ["apiVersion"] = "meta.k8s.io/v1", ["metadata"] = item["metadata"]!.DeepClone() },
            })]),
        };
    }
}
