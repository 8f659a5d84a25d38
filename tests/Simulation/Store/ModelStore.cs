using System.Globalization;
using K8sBackup.ObjectStore;

namespace K8sBackup.Simulation.Store;

/// <summary>
/// The objects of a simulated store. Every call takes effect at one instant and tells whoever watches. Single objects are always
/// current; listings may for a while lack what is new and show what is gone.
/// </summary>
internal sealed class ModelStore
{
    private readonly SortedDictionary<string, Stored> _objects = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Ghost> _ghosts = new(StringComparer.Ordinal);
    private readonly Func<long> _now;
    private long _version;

    public ModelStore(Func<long> now) => _now = now;

    /// <summary>Raised after a change, before anybody can see it otherwise.</summary>
    public event Action<StoreChange>? Changed;

    /// <summary>A store that does not keep its promise: it takes a second write of a name.</summary>
    public bool Overwrites { get; set; }

    public IEnumerable<string> Names => _objects.Keys;

    public PutOutcome Put(string name, byte[] content, long listedFrom, string by)
    {
        if (!_objects.TryGetValue(name, out Stored? taken))
        {
            _objects[name] = new Stored(content, NextVersion(), _now(), listedFrom);
            Changed?.Invoke(new StoreChange(StoreChangeKind.Created, name, content, by));
            return PutOutcome.Created;
        }

        if (!Overwrites)
        {
            return PutOutcome.AlreadyExists;
        }

        _objects[name] = taken with { Content = content, Version = NextVersion() };
        Changed?.Invoke(new StoreChange(StoreChangeKind.Overwritten, name, content, by));
        return PutOutcome.Created;
    }

    public void Delete(string name, long listedUntil, string by)
    {
        if (_objects.Remove(name, out Stored? removed))
        {
            _ghosts[name] = new Ghost(removed.Content.Length, removed.CreatedAt, listedUntil);
            Changed?.Invoke(new StoreChange(StoreChangeKind.Deleted, name, removed.Content, by));
        }
    }

    public string? Swap(string name, string? expected, byte[] content, string by)
    {
        if (_objects.GetValueOrDefault(name)?.Version != expected)
        {
            return null;
        }

        Stored stored = new(content, NextVersion(), _now(), _now());
        _objects[name] = stored;
        Changed?.Invoke(new StoreChange(StoreChangeKind.Swapped, name, content, by));
        return stored.Version;
    }

    /// <summary>Changes an object behind everybody's back.</summary>
    public void Replace(string name, byte[] content) => _objects[name] = _objects[name] with { Content = content };

    public byte[]? Find(string name) => _objects.GetValueOrDefault(name)?.Content;

    public string? VersionOf(string name) => _objects.GetValueOrDefault(name)?.Version;

    public ObjectInfo? Head(string name) =>
        _objects.TryGetValue(name, out Stored? stored) ? Info(name, stored.Content.Length, stored.CreatedAt) : null;

    /// <summary>Names after <paramref name="after"/>, as a listing shows them now.</summary>
    public List<ObjectInfo> Page(string prefix, string after, int count, bool exact)
    {
        long now = _now();
        IEnumerable<ObjectInfo> shown = _objects
            .Where(o => exact || o.Value.ListedFrom <= now)
            .Select(o => Info(o.Key, o.Value.Content.Length, o.Value.CreatedAt));
        if (!exact)
        {
            shown = shown.Concat(_ghosts
                .Where(g => g.Value.ListedUntil > now && !_objects.ContainsKey(g.Key))
                .Select(g => Info(g.Key, g.Value.Length, g.Value.CreatedAt)))
                .OrderBy(o => o.Name, StringComparer.Ordinal);
        }

        return [.. shown
            .Where(o => o.Name.StartsWith(prefix, StringComparison.Ordinal) && string.CompareOrdinal(o.Name, after) > 0)
            .Take(count)];
    }

    private static ObjectInfo Info(string name, long length, long createdAt) =>
        new(name, length, DateTimeOffset.UnixEpoch + TimeSpan.FromTicks(createdAt));

    private string NextVersion() => (++_version).ToString(CultureInfo.InvariantCulture);

    private sealed record Stored(byte[] Content, string Version, long CreatedAt, long ListedFrom);

    private sealed record Ghost(long Length, long CreatedAt, long ListedUntil);
}
