using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Reading;
using K8sBackup.Model.Trees;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Restoring;

/// <summary>
/// Whether two objects of a directory differ in nothing but their names: then one can stand for the other, and there is nothing to be kept. Files
/// are compared byte by byte, and only when everything else about them is the same.
/// </summary>
internal static class Likeness
{
    private const int BufferBytes = 128 * 1024;

    /// <summary>True when both are the same by kind, owner, mode, time, attributes and content. What cannot be examined is not.</summary>
    public static bool IsSame(SafeFileHandle directory, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        try
        {
            using SafeFileHandle one = DirectoryHandles.OpenForMetadata(directory, left);
            using SafeFileHandle other = DirectoryHandles.OpenForMetadata(directory, right);
            FileStatus status = Metadata.Status(one);
            return IsSame(status, Metadata.Status(other))
                && HasSameAttributes(one, other)
                && status.Kind switch
                {
                    EntryKind.File => HasSameContent(directory, left, right),
                    EntryKind.Symlink => Metadata.LinkTarget(directory, left).AsSpan().SequenceEqual(Metadata.LinkTarget(directory, right)),
                    EntryKind.Fifo or EntryKind.CharDevice or EntryKind.BlockDevice => true,
                    _ => false,
                };
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static bool IsSame(in FileStatus one, in FileStatus other) =>
        (one.Kind, one.Permissions, one.Uid, one.Gid, one.Size, one.ModifiedAt) == (other.Kind, other.Permissions, other.Uid, other.Gid, other.Size, other.ModifiedAt)
        && one.Device == other.Device;

    private static bool HasSameAttributes(SafeFileHandle one, SafeFileHandle other)
    {
        IReadOnlyList<ExtendedAttribute> left = Metadata.Attributes(one);
        IReadOnlyList<ExtendedAttribute> right = Metadata.Attributes(other);
        return left.Count == right.Count && left.Zip(right).All(pair =>
            pair.First.Name.AsSpan().SequenceEqual(pair.Second.Name) && pair.First.Value.AsSpan().SequenceEqual(pair.Second.Value));
    }

    // Where both have holes nothing is read.
    private static bool HasSameContent(SafeFileHandle directory, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        using FileReader one = Open(directory, left);
        using FileReader other = Open(directory, right);
        if (one.Status.Kind != EntryKind.File || !IsSame(one.Status, other.Status))
        {
            return false;
        }

        byte[] buffer = new byte[2 * BufferBytes];
        long offset = NextData(one, other, 0);
        while (offset < one.Size)
        {
            int read = one.Read(offset, buffer.AsSpan(0, BufferBytes));
            if (read == 0 || read != other.Read(offset, buffer.AsSpan(BufferBytes, BufferBytes))
                || !buffer.AsSpan(0, read).SequenceEqual(buffer.AsSpan(BufferBytes, read)))
            {
                return false;
            }

            offset = NextData(one, other, offset + read);
        }

        return one.Size == one.Status.Size && !one.HasChanged() && !other.HasChanged();
    }

    private static FileReader Open(SafeFileHandle directory, ReadOnlySpan<byte> name)
    {
        SafeFileHandle file = DirectoryHandles.OpenFile(directory, name);
        return new FileReader(file, Metadata.Status(file));
    }

    private static long NextData(FileReader one, FileReader other, long from) =>
        Math.Min(one.NextSegment(from, out long left, out _) ? left : one.Size, other.NextSegment(from, out long right, out _) ? right : other.Size);
}
