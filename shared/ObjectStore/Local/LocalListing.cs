namespace K8sBackup.ObjectStore.Local;

/// <summary>Lists object files in the ordinal order of whole names. Holds one directory's names per level in memory.</summary>
internal sealed class LocalListing
{
    private readonly string _root;

    public LocalListing(string root) => _root = root;

    public IEnumerable<ObjectInfo> Enumerate(string prefix)
    {
        int slash = prefix.LastIndexOf('/');
        string directory = slash < 0 ? "" : prefix[..slash];
        return EnumerateDirectory(directory, prefix);
    }

    private IEnumerable<ObjectInfo> EnumerateDirectory(string directory, string prefix)
    {
        DirectoryInfo info = new(Path.Combine(_root, directory));
        if (LocalFiles.Look(info.FullName) is not { } attributes || (attributes & FileAttributes.Directory) == 0)
        {
            yield break;
        }

        foreach ((string name, FileSystemInfo entry) in SortedEntries(info, directory, prefix))
        {
            if (entry is DirectoryInfo)
            {
                foreach (ObjectInfo below in EnumerateDirectory(name[..^1], prefix))
                {
                    yield return below;
                }
            }
            else if (entry is FileInfo file && LocalFiles.Examine(file, name) is ObjectInfo found)
            {
                yield return found;
            }
        }
    }

    // A directory sorts as its name with '/', because that is how the names below it begin.
    private static IEnumerable<(string Name, FileSystemInfo Entry)> SortedEntries(DirectoryInfo info, string directory, string prefix)
    {
        string start = directory.Length == 0 ? "" : directory + "/";
        return info.EnumerateFileSystemInfos()
            .Where(e => e.LinkTarget is null && ObjectName.IsValid(start + e.Name))
            .Select(e => (Name: e is DirectoryInfo ? $"{start}{e.Name}/" : start + e.Name, Entry: e))
            .Where(e => e.Name.StartsWith(prefix, StringComparison.Ordinal)
                || (e.Entry is DirectoryInfo && prefix.StartsWith(e.Name, StringComparison.Ordinal)))
            .OrderBy(e => e.Name, StringComparer.Ordinal);
    }
}
