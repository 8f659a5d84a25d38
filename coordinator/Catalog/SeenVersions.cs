using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;

namespace K8sBackup.Coordinator.Catalog;

/// <summary>What a search has come past: the tree of each source last met, and the last version of each path, up to a number of them.</summary>
internal sealed class SeenVersions
{
    // About 200 bytes each; further paths are given again by each restore point.
    private const int PathsMax = 100_000;

    private readonly Dictionary<SourceKey, ChunkId> _trees = [];
    private readonly Dictionary<(SourceKey, string), Version> _versions = [];

    public bool IsNewTree(SourceKey source, ChunkId root)
    {
        bool isNew = !_trees.TryGetValue(source, out ChunkId last) || !last.Equals(root);
        _trees[source] = root;
        return isNew;
    }

    public bool IsNewVersion(SourceKey source, TreeEntry entry)
    {
        Version version = new(entry.Kind, entry.State, entry.Size, entry.ModifiedAt, entry.Mode, Convert.ToBase64String(entry.LinkTarget));
        (SourceKey, string) key = (source, Convert.ToBase64String(entry.Path));
        bool isKnown = _versions.TryGetValue(key, out Version? last);
        if (isKnown || _versions.Count < PathsMax)
        {
            _versions[key] = version;
        }

        return !isKnown || last != version;
    }

    private sealed record Version(EntryKind Kind, EntryState State, long Size, UnixTime ModifiedAt, int Mode, string LinkTarget);
}
