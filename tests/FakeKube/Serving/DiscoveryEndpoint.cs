using System.Text.Json.Nodes;
using K8sBackup.FakeKube.Objects;
using K8sBackup.FakeKube.Storing;

namespace K8sBackup.FakeKube.Serving;

/// <summary>Which kinds there are and by which names, as kubectl asks before anything else.</summary>
internal sealed class DiscoveryEndpoint
{
    // By this kubectl knows that the server itself refuses fields that are not there.
    private const string FieldValidation = """
        {"openapi": "3.0.0", "info": {"title": "fake", "version": "v1"}, "paths": {"/api/v1/namespaces/{name}": {"patch": {
          "parameters": [{"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}], "responses": {},
          "x-kubernetes-group-version-kind": {"group": "", "version": "v1", "kind": "Namespace"}}}}}
        """;

    private readonly ClusterStore _store;

    public DiscoveryEndpoint(ClusterStore store)
    {
        _store = store;
    }

    /// <summary>Null when the path asks for something else.</summary>
    public JsonObject? Answer(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries) switch
    {
        ["api"] => new JsonObject { ["kind"] = "APIVersions", ["versions"] = new JsonArray("v1") },
        ["apis"] => new JsonObject { ["kind"] = "APIGroupList", ["apiVersion"] = "v1", ["groups"] = Groups() },
        ["api", string version] => Resources("", version),
        ["apis", string group, string version] => Resources(group, version),
        ["openapi", "v3"] => JsonNode.Parse("""{"paths": {"api/v1": {"serverRelativeURL": "/openapi/v3/api/v1"}}}""")!.AsObject(),
        ["openapi", "v3", "api", "v1"] => JsonNode.Parse(FieldValidation)!.AsObject(),
        _ => null,
    };

    private JsonArray Groups() =>
    [
        .. _store.Types.Where(type => type.Group.Length > 0).GroupBy(type => type.Group).Select(group => (JsonNode)new JsonObject
        {
            ["name"] = group.Key,
            ["versions"] = new JsonArray([.. group.Select(type => type.Version).Distinct().Select(version => (JsonNode)Version(group.Key, version))]),
            ["preferredVersion"] = Version(group.Key, group.First().Version),
        }),
    ];

    private static JsonObject Version(string group, string version) => new() { ["groupVersion"] = $"{group}/{version}", ["version"] = version };

    private JsonObject? Resources(string group, string version)
    {
        ResourceDefinition[] types = [.. _store.Types.Where(type => type.Group == group && type.Version == version)];
        return types.Length == 0 ? null : new JsonObject
        {
            ["kind"] = "APIResourceList",
            ["apiVersion"] = "v1",
            ["groupVersion"] = types[0].ApiVersion,
            ["resources"] = new JsonArray([.. types.Select(type => (JsonNode)Resource(type))]),
        };
    }

    private static JsonObject Resource(ResourceDefinition type) => new()
    {
        ["name"] = type.Plural,
        ["singularName"] = type.Kind.ToLowerInvariant(),
        ["namespaced"] = type.IsNamespaced,
        ["kind"] = type.Kind,
        ["verbs"] = new JsonArray("create", "delete", "get", "list", "patch", "update", "watch"),
        ["shortNames"] = new JsonArray([.. type.ShortNames.Select(name => (JsonNode)name)]),
        ["categories"] = new JsonArray([.. type.Categories.Select(name => (JsonNode)name)]),
    };
}
