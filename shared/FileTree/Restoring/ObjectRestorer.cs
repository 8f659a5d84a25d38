using K8sBackup.FileTree.Native;
using K8sBackup.Model.Trees;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Restoring;

/// <summary>Restores what has no data: symbolic links, fifos, devices.</summary>
internal sealed class ObjectRestorer
{
    private readonly RestoreOptions _options;
    private readonly RestoreNames _names;
    private readonly MetadataWriter _metadata;
    private readonly Placement _placement;

    public ObjectRestorer(RestoreOptions options, RestoreNames names, MetadataWriter metadata, Placement placement)
    {
        _options = options;
        _names = names;
        _metadata = metadata;
        _placement = placement;
    }

    /// <summary>Creates the object under a temporary name, gives it its metadata and its name; gives the notes.</summary>
    /// <exception cref="RestoreRefusedException">Such objects are not restored, or something is there and stays.</exception>
    /// <exception cref="LinuxException">The system refuses.</exception>
    public IReadOnlyList<string> Restore(SafeFileHandle directory, TreeEntry entry)
    {
        RequireWanted(entry.Kind, _options);
        _placement.RequireRoom(TargetCalls.Find(directory, RestoreFrame.NameOf(entry.Path)), directory, entry);
        byte[] temporary = _names.Temporary();
        Create(directory, temporary, entry);
        try
        {
            IReadOnlyList<string> notes = Describe(directory, temporary, entry);
            _placement.Place(directory, temporary, entry);
            return notes;
        }
        catch
        {
            TargetCalls.Remove(directory, temporary);
            throw;
        }
    }

    /// <exception cref="RestoreRefusedException">Such objects are not restored.</exception>
    public static void RequireWanted(EntryKind kind, RestoreOptions options)
    {
        string? reason = kind switch
        {
            EntryKind.Socket => "sockets are made by the programs that listen on them",
            EntryKind.CharDevice or EntryKind.BlockDevice when !options.CreateDevices => "devices are not restored",
            EntryKind.Fifo when !options.CreateFifos => "fifos are not restored",
            _ => null,
        };
        if (reason is not null)
        {
            throw new RestoreRefusedException(RestoreOutcome.Skipped, RestoreCause.NotRestoredByChoice, reason);
        }
    }

    private static void Create(SafeFileHandle directory, byte[] name, TreeEntry entry)
    {
        switch (entry.Kind)
        {
            case EntryKind.Symlink:
                TargetCalls.CreateSymlink(directory, name, entry.LinkTarget);
                break;
            case EntryKind.Fifo:
                TargetCalls.CreateNode(directory, name, TargetCalls.FifoType, 0);
                break;
            case EntryKind.CharDevice:
                TargetCalls.CreateNode(directory, name, TargetCalls.CharDeviceType, entry.Device);
                break;
            default:
                TargetCalls.CreateNode(directory, name, TargetCalls.BlockDeviceType, entry.Device);
                break;
        }
    }

    // These cannot be created and opened in one step. Whoever else may write to the directory could put another object
    // in the place in between, with a further name of a file of root's as the worst case: so what was opened must be of
    // the kind that was created and have a single name before it is given an owner.
    private IReadOnlyList<string> Describe(SafeFileHandle directory, byte[] name, TreeEntry entry)
    {
        using SafeFileHandle handle = DirectoryHandles.OpenForMetadata(directory, name);
        FileStatus status = Metadata.Status(handle);
        if (status.Kind != entry.Kind || status.Links != 1 || status.Device != DeviceOf(entry))
        {
            throw new RestoreRefusedException(RestoreOutcome.Failed, RestoreCause.InTheWay, "something else took its temporary name");
        }

        return _metadata.Apply(handle, entry);
    }

    private static ulong DeviceOf(TreeEntry entry) => entry.Kind is EntryKind.CharDevice or EntryKind.BlockDevice ? entry.Device : 0;
}
