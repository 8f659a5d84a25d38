using System.Text.Json.Nodes;

namespace K8sBackup.FakeKube.Objects;

/// <summary>Server-side apply: merges what a manager wants, removes what it no longer wants, and minds what is others'.</summary>
internal static class ServerSideApply
{
    public static JsonObject Merge(
        ResourceDefinition type, JsonObject live, JsonObject wanted, string manager, string subresource, bool force, DateTimeOffset now)
    {
        ManagedFields managed = new(live);
        Dictionary<string, JsonNode?> have = FieldSet.Of(type, live);
        Dictionary<string, JsonNode?> want = FieldSet.Of(type, wanted);
        RefuseConflicts(type, live, managed, have, want, (manager, subresource, force));

        JsonObject result = live.Copy();
        foreach (string path in managed.Applied(manager, subresource).Where(path => !want.ContainsKey(path)))
        {
            // What somebody else wants too stays.
            if (!managed.OtherOwners(path, manager, "Apply", subresource).Any())
            {
                FieldSet.Remove(result, path);
            }
        }

        MergeInto(type, result, wanted, "");
        foreach (string path in want.Keys)
        {
            if (!JsonNode.DeepEquals(have.GetValueOrDefault(path), want[path]))
            {
                managed.Take(path, manager, "Apply", subresource);
            }
        }

        managed.Set(manager, "Apply", subresource, [.. want.Keys], now);
        managed.WriteTo(result, type.ApiVersion);
        return result;
    }

    private static void RefuseConflicts(
        ResourceDefinition type,
        JsonObject live,
        ManagedFields managed,
        Dictionary<string, JsonNode?> have,
        Dictionary<string, JsonNode?> want,
        (string Manager, string Subresource, bool Force) who)
    {
        if (who.Force)
        {
            return;
        }

        (string Field, string Reason, string Message)[] conflicts =
        [
            .. from field in want
               where !JsonNode.DeepEquals(have.GetValueOrDefault(field.Key), field.Value)
               from owner in managed.OtherOwners(field.Key, who.Manager, "Apply", who.Subresource)
               select ("." + string.Join('.', field.Key.Split(FieldSet.Separator).Select(part => part[2..])), "FieldManagerConflict", $"conflict with \"{owner}\""),
        ];
        if (conflicts.Length > 0)
        {
            throw new ApiFaultException(
                409,
                "Conflict",
                $"Apply failed with {conflicts.Length} conflict{(conflicts.Length > 1 ? "s" : "")}: {conflicts[0].Message}: {conflicts[0].Field} ({type.Kind} {live.Name()})")
            {
                Causes = conflicts,
            };
        }
    }

    private static void MergeInto(ResourceDefinition type, JsonObject target, JsonObject wanted, string dotted)
    {
        foreach ((string name, JsonNode? value) in wanted)
        {
            string path = dotted.Length > 0 ? $"{dotted}.{name}" : name;
            if (path is "metadata.managedFields" or "metadata.resourceVersion" or "metadata.uid")
            {
                continue;
            }

            if (value is JsonObject inner && target[name] is JsonObject existing)
            {
                MergeInto(type, existing, inner, path);
            }
            else if (value is JsonArray list && target[name] is JsonArray present && path == "metadata.finalizers")
            {
                foreach (JsonNode? entry in list.Where(entry => !present.Any(p => JsonNode.DeepEquals(p, entry))))
                {
                    present.Add(entry!.DeepClone());
                }
            }
            else if (value is JsonArray items && target[name] is JsonArray there && FieldSet.Keys(type, path) is { } keys)
            {
                MergeList(type, there, items, keys, path);
            }
            else
            {
                target[name] = value?.DeepClone();
            }
        }
    }

    private static void MergeList(ResourceDefinition type, JsonArray target, JsonArray wanted, IReadOnlyList<string> keys, string path)
    {
        foreach (JsonNode? entry in wanted)
        {
            JsonNode? same = target.FirstOrDefault(t => keys.All(key => JsonNode.DeepEquals(t?[key], entry?[key])));
            if (same is JsonObject existing)
            {
                MergeInto(type, existing, entry!.AsObject(), path);
            }
            else
            {
                target.Add(entry!.DeepClone());
            }
        }
    }
}
