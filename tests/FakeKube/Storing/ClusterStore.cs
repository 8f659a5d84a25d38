using System.Globalization;
using System.Text.Json.Nodes;
using K8sBackup.FakeKube.Objects;

namespace K8sBackup.FakeKube.Storing;

/// <summary>
/// All objects with their history: one counter of versions, old versions until they are compacted. What is given out is
/// never changed again. Thread-safe.
/// </summary>
internal sealed class ClusterStore
{
    // Beyond this, old history is compacted without being told to.
    private const int HistoryMax = 20_000;
    private const int OpenListsMax = 200;

    private readonly Lock _lock = new();
    private readonly TimeProvider _clock;
    private readonly Dictionary<string, SortedDictionary<string, JsonObject>> _objects = [];
    private readonly List<StoredChange> _history = [];
    private readonly SortedDictionary<long, List<JsonObject>> _openLists = [];
    private readonly List<ResourceDefinition> _types = [.. BuiltInResources.All];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _version = 1;
    private long _compacted = 1;

    public ClusterStore(TimeProvider clock)
    {
        _clock = clock;
    }

    public long Version
    {
        get
        {
            lock (_lock)
            {
                return _version;
            }
        }
    }

    /// <summary>Completes at the next change.</summary>
    public Task Changed
    {
        get
        {
            lock (_lock)
            {
                return _changed.Task;
            }
        }
    }

    public IReadOnlyList<ResourceDefinition> Types
    {
        get
        {
            lock (_lock)
            {
                return [.. _types];
            }
        }
    }

    public ResourceDefinition? FindType(string group, string version, string plural)
    {
        lock (_lock)
        {
            return _types.Find(t => t.Group == group && t.Version == version && t.Plural == plural);
        }
    }

    public ResourceDefinition TypeOf(JsonObject item)
    {
        (string apiVersion, string kind) = ((string?)item["apiVersion"] ?? "", (string?)item["kind"] ?? "");
        lock (_lock)
        {
            return _types.Find(t => t.ApiVersion == apiVersion && t.Kind == kind) ?? throw ApiFaultException.BadRequest($"no kind \"{kind}\" in \"{apiVersion}\"");
        }
    }

    public JsonObject? Find(ResourceDefinition type, string ns, string name)
    {
        lock (_lock)
        {
            return OfLocked(type).GetValueOrDefault(Key(ns, name));
        }
    }

    /// <summary>A page of the list in one version; later pages are of the version of the first.</summary>
    public StoredPage List(ResourceDefinition type, string ns, Selectors selectors, int limit, string token)
    {
        lock (_lock)
        {
            (long version, int start) = token.Length > 0 ? Parse(token) : (_version, 0);
            if (token.Length > 0 && !_openLists.ContainsKey(version))
            {
                throw ApiFaultException.Expired("The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.");
            }

            List<JsonObject> all = token.Length > 0
                ? _openLists[version]
                : [.. OfLocked(type).Values.Where(item => (ns.Length == 0 || item.Namespace() == ns) && selectors.Fit(item))];
            int end = limit > 0 ? Math.Min(all.Count, start + limit) : all.Count;
            if (end >= all.Count)
            {
                return new StoredPage(all[start..end], version, "", 0);
            }

            _openLists[version] = all;
            if (_openLists.Count > OpenListsMax)
            {
                _openLists.Remove(_openLists.Keys.First());
            }

            return new StoredPage(all[start..end], version, $"{version}.{end}", all.Count - end);
        }
    }

    /// <summary>Changes after a version, in order.</summary>
    public IReadOnlyList<StoredChange> ChangesAfter(ResourceDefinition type, long version)
    {
        lock (_lock)
        {
            if (version < _compacted)
            {
                throw ApiFaultException.Expired($"too old resource version: {version} ({_compacted})");
            }

            int first = _history.FindIndex(change => change.Version > version);
            return first < 0 ? [] : [.. _history[first..].Where(change => change.Type.QualifiedPlural == type.QualifiedPlural)];
        }
    }

    /// <summary>Forgets history up to now: older watches and lists have to begin again.</summary>
    public void Compact()
    {
        lock (_lock)
        {
            CompactLocked(_version);
        }
    }

    /// <summary>
    /// Changes one object: the function gets it as it is (null when there is none) and gives it as it is to be (null to
    /// remove it). No change makes no version.
    /// </summary>
    public JsonObject? Change(ResourceDefinition type, string ns, string name, Func<JsonObject?, JsonObject?> change)
    {
        lock (_lock)
        {
            JsonObject? before = OfLocked(type).GetValueOrDefault(Key(ns, name));
            JsonObject? after = change(before);
            if (after is not null && before is not null && IsSame(before, after))
            {
                return before;
            }

            if (after is null && before is null)
            {
                return null;
            }

            JsonObject result = CommitLocked(type, before, after);
            CollectLocked();
            return result;
        }
    }

    /// <summary>Takes an owner's name out of what it owns, so that this stays when it goes.</summary>
    public void Disown(string uid)
    {
        lock (_lock)
        {
            foreach (ResourceDefinition type in _types)
            {
                foreach (JsonObject item in OfLocked(type).Values.Where(item => Owners(item).Any(owner => (string?)owner?["uid"] == uid)).ToArray())
                {
                    JsonObject freed = item.Copy();
                    JsonArray others = [.. Owners(item).Where(owner => (string?)owner?["uid"] != uid).Select(owner => owner!.DeepClone())];
                    freed.Meta().Put("ownerReferences", others.Count > 0 ? others : null);
                    CommitLocked(type, item, freed);
                }
            }
        }
    }

    public void AddTypes(IEnumerable<ResourceDefinition> types)
    {
        lock (_lock)
        {
            foreach (ResourceDefinition type in types)
            {
                _types.RemoveAll(t => t.Group == type.Group && t.Version == type.Version && t.Plural == type.Plural);
                _types.Add(type);
            }
        }
    }

    private static string Key(string ns, string name) => $"{ns}/{name}";

    private static string Store(ResourceDefinition type) => type.QualifiedPlural;

    private static (long Version, int Start) Parse(string token)
    {
        string[] parts = token.Split('.');
        return parts.Length == 2
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long version)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int start)
            ? (version, start)
            : throw ApiFaultException.BadRequest("continue key is not valid");
    }

    private static bool IsSame(JsonObject before, JsonObject after)
    {
        JsonObject a = before.Copy();
        JsonObject b = after.Copy();
        foreach (JsonObject item in (JsonObject[])[a, b])
        {
            item.Meta().Remove("resourceVersion");
            item.Meta().Remove("managedFields");
        }

        // Who manages a field is a change too, the time of it is not.
        return JsonNode.DeepEquals(a, b) && ManagersOf(before) == ManagersOf(after);
    }

    private static string ManagersOf(JsonObject item)
    {
        JsonArray managers = (item.Meta()["managedFields"]?.DeepClone() as JsonArray) ?? [];
        foreach (JsonNode? manager in managers)
        {
            manager!.AsObject().Remove("time");
        }

        return managers.ToJsonString();
    }

    private SortedDictionary<string, JsonObject> OfLocked(ResourceDefinition type)
    {
        if (!_objects.TryGetValue(Store(type), out SortedDictionary<string, JsonObject>? items))
        {
            items = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
            _objects[Store(type)] = items;
        }

        return items;
    }

    private JsonObject CommitLocked(ResourceDefinition type, JsonObject? before, JsonObject? after)
    {
        _version++;
        JsonObject written = (after ?? before)!.Copy();
        written.Meta()["resourceVersion"] = _version.ToString(CultureInfo.InvariantCulture);
        string key = Key(written.Namespace(), written.Name());
        if (after is null)
        {
            OfLocked(type).Remove(key);
            _history.Add(new StoredChange(_version, type, written, null));
        }
        else
        {
            OfLocked(type)[key] = written;
            _history.Add(new StoredChange(_version, type, before, written));
        }

        if (_history.Count > HistoryMax)
        {
            CompactLocked(_history[HistoryMax / 2].Version);
        }

        TaskCompletionSource changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
        return written;
    }

    private void CompactLocked(long version)
    {
        _history.RemoveAll(change => change.Version <= version);
        _compacted = version;
        _openLists.Clear();
        TaskCompletionSource changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
    }

    /// <summary>
    /// What the cluster's own controllers do: objects whose owners are all gone go, and so does what is in a namespace that
    /// goes, and then the namespace.
    /// </summary>
    private void CollectLocked()
    {
        while (true)
        {
            HashSet<string> uids = [.. _objects.Values.SelectMany(items => items.Values).Select(item => item.Uid())];
            HashSet<string> ending = [.. _objects.GetValueOrDefault("namespaces")?.Values.Where(IsEnding).Select(item => item.Name()) ?? []];
            (ResourceDefinition type, JsonObject item) = _types
                .SelectMany(type => OfLocked(type).Values.Select(item => (type, item)))
                .FirstOrDefault(entry => IsGarbage(entry.type, entry.item, uids, ending));
            if (item is null)
            {
                return;
            }

            if (!item.HasFinalizers())
            {
                CommitLocked(type, item, null);
            }
            else
            {
                JsonObject marked = item.Copy();
                marked.Meta()["deletionTimestamp"] = ObjectRules.Time(_clock.GetUtcNow());
                CommitLocked(type, item, marked);
            }
        }
    }

    private bool IsGarbage(ResourceDefinition type, JsonObject item, HashSet<string> uids, HashSet<string> ending)
    {
        if (IsEnding(item))
        {
            // Namespaces go when they are empty; others when their finalizers do.
            return type.Plural == "namespaces" && !item.HasFinalizers() && !_objects.Values.Any(items => items.Values.Any(i => i.Namespace() == item.Name()));
        }

        return ending.Contains(item.Namespace())
            || (item.Meta()["ownerReferences"] is JsonArray { Count: > 0 } owners && !owners.Any(owner => uids.Contains((string?)owner?["uid"] ?? "")));
    }

    private static IEnumerable<JsonNode?> Owners(JsonObject item) => item.Meta()["ownerReferences"] as JsonArray ?? [];

    private static bool IsEnding(JsonObject item) => item.Meta()["deletionTimestamp"] is not null;
}
