using K8sBackup.FileTree.Native;
using K8sBackup.Model.Trees;

namespace K8sBackup.FileTree.Walking;

/// <summary>Puts together what a walk gives out.</summary>
internal static class WalkEntries
{
    public static TreeEntry Describe(byte[] path, FileStatus status) => new()
    {
        Path = path,
        Kind = status.Kind,
        Mode = status.Permissions,
        Flags = status.Flags,
        Uid = status.Uid,
        Gid = status.Gid,
        Size = status.Kind == EntryKind.File ? status.Size : 0,
        ModifiedAt = status.ModifiedAt,
        ChangedAt = status.ChangedAt,
        Inode = status.Inode,
        Device = status.Kind is EntryKind.CharDevice or EntryKind.BlockDevice ? status.Device : 0,
    };

    public static TreeEntry Recorded(byte[] path, EntryState state, string reason) =>
        new() { Path = path, Kind = EntryKind.Unknown, State = state, Reason = reason };

    /// <summary>What became of an entry whose call failed.</summary>
    public static EntryState StateAfter(IOException fault) => fault is LinuxException { IsGone: true } ? EntryState.Vanished : EntryState.Unreadable;

    public static byte[] Join(byte[] directory, ReadOnlySpan<byte> name) =>
        directory.Length == 0 ? name.ToArray() : [.. directory, (byte)'/', .. name];

    public static ReadOnlySpan<byte> NameOf(byte[] path) => path.AsSpan(path.AsSpan().LastIndexOf((byte)'/') + 1);
}
