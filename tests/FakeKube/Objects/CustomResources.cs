using System.Text.Json.Nodes;

namespace K8sBackup.FakeKube.Objects;

/// <summary>Kinds that a CustomResourceDefinition adds. Of schemas the defaults and the keys of lists are heeded; they validate and prune nothing here.</summary>
internal static class CustomResources
{
    public static IEnumerable<ResourceDefinition> Of(JsonObject crd)
    {
        JsonObject spec = crd["spec"]!.AsObject();
        foreach (JsonObject version in spec["versions"]!.AsArray().Select(v => v!.AsObject()))
        {
            if (!(bool)version["served"]!)
            {
                continue;
            }

            Dictionary<string, IReadOnlyList<string>> lists = [];
            if (version["schema"]?["openAPIV3Schema"] is JsonObject schema)
            {
                CollectLists(schema, "", lists);
            }

            yield return new ResourceDefinition
            {
                Group = (string)spec["group"]!,
                Version = (string)version["name"]!,
                Plural = (string)spec["names"]!["plural"]!,
                Kind = (string)spec["names"]!["kind"]!,
                IsNamespaced = (string)spec["scope"]! == "Namespaced",
                HasStatus = version["subresources"]?["status"] is not null,
                CountsGenerations = true,
                AllowsUnconditionalUpdate = false,
                ListKeys = lists,
                Schema = version["schema"]?["openAPIV3Schema"] is { } whole ? JsonNode.Parse(whole.ToJsonString())!.AsObject() : null,
                ShortNames = Texts(spec["names"]!["shortNames"]),
                Categories = Texts(spec["names"]!["categories"]),
                Columns = [.. (version["additionalPrinterColumns"] as JsonArray ?? []).Select(column => new PrinterColumn(
                    (string)column!["name"]!, (string)column["type"]!, (string)column["jsonPath"]!, (long?)column["priority"] ?? 0))],
            };
        }
    }

    private static IReadOnlyList<string> Texts(JsonNode? list) => [.. (list as JsonArray ?? []).Select(text => (string)text!)];

    private static void CollectLists(JsonObject schema, string path, Dictionary<string, IReadOnlyList<string>> lists)
    {
        if ((string?)schema["x-kubernetes-list-type"] == "map")
        {
            lists[path] = [.. schema["x-kubernetes-list-map-keys"]!.AsArray().Select(key => (string)key!)];
        }

        foreach ((string name, JsonNode? property) in schema["properties"]?.AsObject() ?? [])
        {
            CollectLists(property!.AsObject(), path.Length > 0 ? $"{path}.{name}" : name, lists);
        }
    }
}
