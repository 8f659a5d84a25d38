using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Walking;
using K8sBackup.Model.Trees;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Restoring;

/// <summary>
/// The deleting half of <see cref="ConflictPolicy.Mirror"/>: in the selected directories the tree knows whole, what is there and
/// not in the tree goes. Each name is judged when the restore has come past it, so that a stream that ends early deletes nothing
/// it has not said enough about; run again, the rest goes.
/// </summary>
internal sealed class Mirror
{
    private readonly RestoreOptions _options;
    private readonly RestoreNames _names;
    private readonly ExtraRemover _remover;
    private readonly List<RestoreResult> _problems = [];
    private bool _isStopped;

    public Mirror(RestoreOptions options, RestoreNames names, FileStatus root)
    {
        _names = names;
        _options = options;
        _remover = new ExtraRemover(options.Rules, root, isDryRun: false, Note);
    }

    public long Deleted { get; private set; }

    public long NotDeleted { get; private set; }

    /// <summary>What could not be deleted, the first of them.</summary>
    public IReadOnlyList<RestoreResult> Problems => _problems;

    /// <summary>From here on nothing is deleted.</summary>
    public void Stop() => _isStopped = true;

    /// <summary>What to delete in a directory is told from; null where nothing is to be deleted.</summary>
    public ExtraNames? ExtrasOf(TreeEntry directory, SafeFileHandle handle) =>
        DeletesIn(directory, _options) ? new ExtraNames(DirectoryNames.Read(handle)) : null;

    /// <summary>True where the tree says all there is, and the selection reaches.</summary>
    public static bool DeletesIn(TreeEntry directory, RestoreOptions options) =>
        options.Conflicts == ConflictPolicy.Mirror
        && directory.State == EntryState.Captured
        && (options.Selection.Count == 0 || options.Selection.Any(selected => TreePath.IsAtOrBelow(directory.Path, selected)));

    /// <summary>Deletes what comes before an entry in its directory.</summary>
    public void DeleteBefore(RestoreFrame directory, byte[] path) =>
        Delete(directory, directory.Extras?.Before(RestoreFrame.NameOf(path).ToArray()));

    /// <summary>Deletes what comes behind the last entry of a directory.</summary>
    public void DeleteRest(RestoreFrame directory) => Delete(directory, directory.Extras?.Rest());

    /// <summary>Deletes a directory where the tree has something else; false when part of it stays.</summary>
    public bool TryClear(SafeFileHandle parent, byte[] path) =>
        !_isStopped
        && (_options.Selection.Count == 0 || _options.Selection.Any(selected => TreePath.IsAtOrBelow(path, selected)))
        && _remover.Remove(parent, path);

    private void Delete(RestoreFrame directory, IEnumerable<byte[]>? names)
    {
        foreach (byte[] name in names ?? [])
        {
            if (!_isStopped && _names.OwnerOf(name) is NameOwner.Anybody or NameOwner.Stale)
            {
                _remover.Remove(directory.Handle!, WalkEntries.Join(directory.Path, name), directory.Lock);
            }
        }
    }

    private void Note(byte[] path, string? problem)
    {
        Deleted += problem is null ? 1 : 0;
        NotDeleted += problem is null ? 0 : 1;
        if (problem is not null && _problems.Count < RestoreSummary.ProblemsMax)
        {
            _problems.Add(new RestoreResult(path, RestoreOutcome.Failed, RestoreCause.SystemError, $"it could not be deleted: {problem}", []));
        }
    }
}
