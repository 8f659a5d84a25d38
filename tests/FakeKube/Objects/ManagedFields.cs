using System.Globalization;
using System.Text.Json.Nodes;

namespace K8sBackup.FakeKube.Objects;

/// <summary>Who manages which fields, as server-side apply keeps it in the object.</summary>
internal sealed class ManagedFields
{
    private readonly List<(string Manager, string Operation, string Subresource, HashSet<string> Paths, JsonNode? Time)> _entries = [];

    public ManagedFields(JsonObject item)
    {
        foreach (JsonNode? entry in item.Meta()["managedFields"] as JsonArray ?? [])
        {
            _entries.Add((
                (string)entry!["manager"]!,
                (string)entry["operation"]!,
                (string?)entry["subresource"] ?? "",
                FieldSet.FromTree(entry["fieldsV1"]!.AsObject()),
                entry["time"]?.DeepClone()));
        }
    }

    /// <summary>The paths this manager applied.</summary>
    public IReadOnlySet<string> Applied(string manager, string subresource) =>
        _entries.Where(e => e.Manager == manager && e.Operation == "Apply" && e.Subresource == subresource).Select(e => e.Paths).FirstOrDefault() ?? [];

    /// <summary>Others that manage the path.</summary>
    public IEnumerable<string> OtherOwners(string path, string manager, string operation, string subresource) => _entries
        .Where(e => (e.Manager, e.Operation, e.Subresource) != (manager, operation, subresource) && e.Paths.Contains(path))
        .Select(e => e.Manager);

    public void Take(string path, string manager, string operation, string subresource)
    {
        foreach (var entry in _entries.Where(e => (e.Manager, e.Operation, e.Subresource) != (manager, operation, subresource)))
        {
            entry.Paths.Remove(path);
        }
    }

    public void Set(string manager, string operation, string subresource, HashSet<string> paths, DateTimeOffset now)
    {
        _entries.RemoveAll(e => (e.Manager, e.Operation, e.Subresource) == (manager, operation, subresource));
        _entries.Add((manager, operation, subresource, paths, now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)));
    }

    /// <summary>A write that is no apply: what it changed is the writer's from now on.</summary>
    public void NoteUpdate(ResourceDefinition type, JsonObject before, JsonObject after, string manager, string subresource, DateTimeOffset now)
    {
        Dictionary<string, JsonNode?> old = FieldSet.Of(type, before);
        Dictionary<string, JsonNode?> made = FieldSet.Of(type, after);
        HashSet<string> changed = [.. made.Where(f => !old.TryGetValue(f.Key, out JsonNode? was) || !JsonNode.DeepEquals(was, f.Value)).Select(f => f.Key)];
        foreach (string path in changed)
        {
            Take(path, manager, "Update", subresource);
        }

        foreach (var entry in _entries)
        {
            entry.Paths.RemoveWhere(path => old.ContainsKey(path) && !made.ContainsKey(path));
        }

        if (changed.Count > 0)
        {
            changed.UnionWith(_entries.Where(e => (e.Manager, e.Operation, e.Subresource) == (manager, "Update", subresource)).SelectMany(e => e.Paths));
            Set(manager, "Update", subresource, changed, now);
        }
    }

    public void WriteTo(JsonObject item, string apiVersion)
    {
        JsonArray list = [];
        foreach (var (manager, operation, subresource, paths, time) in _entries.Where(e => e.Paths.Count > 0))
        {
            JsonObject entry = new()
            {
                ["manager"] = manager,
                ["operation"] = operation,
                ["apiVersion"] = apiVersion,
                ["time"] = time?.DeepClone(),
                ["fieldsType"] = "FieldsV1",
                ["fieldsV1"] = FieldSet.ToTree(paths),
            };
            if (subresource.Length > 0)
            {
                entry["subresource"] = subresource;
            }

            list.Add((JsonNode)entry);
        }

        item.Meta().Put("managedFields", list.Count > 0 ? list : null);
    }
}
