using K8sBackup.FileTree.Native;
using K8sBackup.Model.Trees;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Restoring;

/// <summary>A file that is being written under a temporary name; removed unless it is placed.</summary>
internal sealed class FileInProgress : IDisposable
{
    private readonly SafeFileHandle _directory;
    private readonly byte[] _temporary;
    private readonly SafeFileHandle _file;
    private readonly TreeEntry _entry;
    private long _end;
    private bool _isGone;

    /// <exception cref="LinuxException">The system refuses, or has no room.</exception>
    public FileInProgress(SafeFileHandle directory, byte[] temporary, TreeEntry entry)
    {
        _directory = directory;
        _temporary = temporary;
        _entry = entry;
        _file = TargetCalls.CreateFile(directory, temporary);
        try
        {
            // Everything that is not written stays a hole.
            TargetCalls.SetLength(_file, entry.Size);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Writes one run of data; runs ascend and stay within the file's size.</summary>
    /// <exception cref="RestoreRefusedException">They do not.</exception>
    /// <exception cref="LinuxException">The system refuses, or has no room.</exception>
    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        if (offset < _end || data.Length > _entry.Size - offset)
        {
            throw new RestoreRefusedException(
                RestoreOutcome.Failed, RestoreCause.InvalidEntry, $"{data.Length} bytes at {offset} overlap or pass the end of the file");
        }

        TargetCalls.Write(_file, data, offset);
        _end = offset + data.Length;
    }

    /// <summary>Gives the file its metadata, its name and its flags.</summary>
    public (IReadOnlyList<string> Notes, ulong Inode) Finish(MetadataWriter metadata, Placement placement, FlagRestorer flags)
    {
        IReadOnlyList<string> notes = metadata.Apply(_file, _entry);
        ulong inode = Metadata.Status(_file).Inode;
        _isGone = true;
        if (placement.Place(_directory, _temporary, _entry))
        {
            return ([.. notes, .. flags.Apply(_file, _entry)], inode);
        }

        using SafeFileHandle same = DirectoryHandles.OpenFile(_directory, RestoreFrame.NameOf(_entry.Path));
        return ([.. notes, .. flags.Complete(same, _entry)], Metadata.Status(same).Inode);
    }

    public void Dispose()
    {
        _file.Dispose();
        if (!_isGone)
        {
            _isGone = true;
            TargetCalls.Remove(_directory, _temporary);
        }
    }
}
