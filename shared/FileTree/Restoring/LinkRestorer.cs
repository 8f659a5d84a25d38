using K8sBackup.FileTree.Native;
using K8sBackup.Model.Trees;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Restoring;

/// <summary>
/// Gives files further names, but only files this restore wrote or found in their place: those it keeps the inode
/// numbers of, 20 to 40 bytes each.
/// </summary>
internal sealed class LinkRestorer
{
    // About 160 MB at the most; later files can then not be linked to, which is reported.
    private const int FilesMax = 4_000_000;

    private readonly HashSet<ulong> _files = [];
    private readonly RestoreNames _names;
    private readonly FlagRestorer _flags;
    private readonly Placement _placement;
    private readonly DirectoryRestorer _directories;
    private readonly FileStatus _root;

    public LinkRestorer(RestoreOptions options, RestoreNames names, Placement placement, DirectoryRestorer directories, FileStatus root)
    {
        _names = names;
        _flags = new FlagRestorer(options.SetFlags);
        _placement = placement;
        _directories = directories;
        _root = root;
    }

    /// <summary>Remembers a file that further names may be given to.</summary>
    public void Remember(ulong inode)
    {
        if (_files.Count < FilesMax)
        {
            _files.Add(inode);
        }
    }

    /// <summary>Gives the file at the entry's link target the entry's name.</summary>
    /// <param name="frames">The directories the restore is in, innermost first.</param>
    /// <param name="entry">The further name.</param>
    /// <exception cref="RestoreRefusedException">There is no such file, or something is there and stays.</exception>
    /// <exception cref="LinuxException">The system refuses.</exception>
    public void Restore(IEnumerable<RestoreFrame> frames, TreeEntry entry)
    {
        SafeFileHandle directory = frames.First().Handle!;
        using SafeFileHandle file = OpenTarget(frames, entry.LinkTarget);
        FileStatus target = Metadata.Status(file);
        bool isOurs = target.Kind == EntryKind.File && target.Mount == _root.Mount && _files.Contains(target.Inode);
        if (!isOurs)
        {
            throw TargetMissing("what it is a further name of was not restored");
        }

        ReadOnlySpan<byte> name = RestoreFrame.NameOf(entry.Path);
        FileStatus? existing = TargetCalls.Find(directory, name);
        if (existing is { } there && there.IsSameObject(target))
        {
            return;
        }

        _placement.RequireRoom(existing, directory, entry);
        byte[] temporary = _names.Temporary();
        _flags.WithUnlocked(file, target, () =>
        {
            TargetCalls.Link(file, directory, temporary);
            _placement.Place(directory, temporary, entry);
        });
    }

    // One name at a time from the innermost directory that is still open, so that no component can be a link.
    private SafeFileHandle OpenTarget(IEnumerable<RestoreFrame> frames, byte[] path)
    {
        RestoreFrame start = frames.First(f => f.Handle is not null && TreePath.IsAtOrBelow(RestoreFrame.ParentOf(path), f.Path));
        SafeFileHandle? opened = null;
        try
        {
            ReadOnlySpan<byte> rest = path.AsSpan(start.Path.Length == 0 ? 0 : start.Path.Length + 1);
            for (int slash = rest.IndexOf((byte)'/'); slash >= 0; slash = rest.IndexOf((byte)'/'))
            {
                SafeFileHandle next = _directories.Open(opened ?? start.Handle!, rest[..slash]);
                opened?.Dispose();
                opened = next;
                rest = rest[(slash + 1)..];
            }

            return DirectoryHandles.OpenForMetadata(opened ?? start.Handle!, rest);
        }
        catch (LinuxException e)
        {
            throw TargetMissing($"what it is a further name of cannot be found: {e.Message}");
        }
        finally
        {
            opened?.Dispose();
        }
    }

    private static RestoreRefusedException TargetMissing(string reason) =>
        new(RestoreOutcome.Failed, RestoreCause.LinkTargetMissing, reason);
}
