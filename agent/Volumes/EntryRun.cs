using K8sBackup.Agent.Upload;
using K8sBackup.Agent.Volumes.Reading;
using K8sBackup.FileTree.Walking;

namespace K8sBackup.Agent.Volumes;

/// <summary>
/// Entries that follow each other, with small files among them that are yet to be read: these are read together while the walk is a little ahead. One thread.
/// </summary>
internal sealed class EntryRun(FileCapture files) : IDisposable
{
    private const int EntriesMax = 256;

    private readonly List<CapturedEntry?> _entries = new(EntriesMax);
    private readonly List<(int Place, FoundFile File, ParentFile? Parent)> _unread = new(SmallFiles.FilesMax);
    private long _bytes;

    public bool IsFull => _unread.Count == SmallFiles.FilesMax || _entries.Count == EntriesMax || _bytes >= SmallFiles.FullBytes;

    /// <summary>True for a file that may wait for others. One with several names may not: what the others become depends on whether it could be read.</summary>
    public static bool Takes(FoundFile file) => file.Entry.Size <= SmallFiles.FileBytesMax && !file.IsLinked;

    public void Add(CapturedEntry entry) => _entries.Add(entry);

    /// <summary>Adds a file to be read; the run lets go of it.</summary>
    public void Add(FoundFile file, ParentFile? parent)
    {
        _unread.Add((_entries.Count, file, parent));
        _entries.Add(null);
        _bytes += file.Entry.Size;
    }

    /// <summary>Reads what is to be read, and empties the run. The result is in the order in which the entries were added.</summary>
    public async ValueTask<CapturedEntry[]> TakeAsync(CancellationToken cancellationToken)
    {
        if (_unread.Count > 0)
        {
            CapturedEntry?[] together = await files.ReadTogetherAsync(_unread.ConvertAll(unread => unread.File));
            for (int i = 0; i < together.Length; i++)
            {
                (int place, FoundFile file, ParentFile? parent) = _unread[i];
                _entries[place] = await files.ReadAsync(file, parent, together[i], cancellationToken);
            }
        }

        CapturedEntry[] entries = [.. _entries.Select(entry => entry!)];
        Clear();
        return entries;
    }

    public void Dispose() => Clear();

    private void Clear()
    {
        _unread.ForEach(unread => unread.File.Dispose());
        _unread.Clear();
        _entries.Clear();
        _bytes = 0;
    }
}
