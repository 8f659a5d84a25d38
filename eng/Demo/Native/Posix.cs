using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Demo.Native;

/// <summary>The few calls of libc that the demo needs beyond .NET, whose paths are text: here they are bytes.</summary>
internal static partial class Posix
{
    private const int AtFdCwd = -100;
    private const int AtSymlinkNoFollow = 0x100;
    private const int OpenReadOnlyNoFollowCloseOnExec = 0x20000 | 0x80000;
    private const uint StatxBasic = 0x7ff;
    private const int StatxBytes = 256;
    private const int AttributeBytesMax = 64 * 1024;

    // struct dirent of glibc on 64-bit Linux: inode 8, offset 8, length 2, type 1, then the name.
    private const int DirentNameOffset = 19;

    /// <summary>What stat says about the object itself; a symlink is not followed.</summary>
    public static Stat GetStat(ReadOnlySpan<byte> path)
    {
        Span<byte> buffer = stackalloc byte[StatxBytes];
        Check(Statx(AtFdCwd, Terminated(path), AtSymlinkNoFollow, StatxBasic, buffer), path);
        return Stat.Parse(buffer);
    }

    /// <summary>Names in a directory, in byte order.</summary>
    public static unsafe List<byte[]> List(ReadOnlySpan<byte> path)
    {
        nint directory = OpenDirectory(Terminated(path));
        Check(directory == 0 ? -1 : 0, path);
        List<byte[]> names = [];
        for (nint entry = ReadDirectory(directory); entry != 0; entry = ReadDirectory(directory))
        {
            byte[] name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated((byte*)entry + DirentNameOffset).ToArray();
            if (!name.AsSpan().SequenceEqual("."u8) && !name.AsSpan().SequenceEqual(".."u8))
            {
                names.Add(name);
            }
        }

        _ = CloseDirectory(directory);
        names.Sort((a, b) => a.AsSpan().SequenceCompareTo(b));
        return names;
    }

    public static byte[] ReadLink(ReadOnlySpan<byte> path)
    {
        byte[] target = new byte[4096];
        nint length = ReadLink(Terminated(path), target, (nuint)target.Length);
        Check((int)length, path);
        return target[..(int)length];
    }

    /// <summary>Names of extended attributes, in byte order.</summary>
    public static List<byte[]> ListAttributes(ReadOnlySpan<byte> path)
    {
        byte[] buffer = new byte[AttributeBytesMax];
        nint length = ListXattr(Terminated(path), buffer, (nuint)buffer.Length);
        Check((int)length, path);
        List<byte[]> names = [];
        ReadOnlySpan<byte> rest = buffer.AsSpan(0, (int)length);
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf((byte)0);
            names.Add(rest[..end].ToArray());
            rest = rest[(end + 1)..];
        }

        names.Sort((a, b) => a.AsSpan().SequenceCompareTo(b));
        return names;
    }

    public static byte[] GetAttribute(ReadOnlySpan<byte> path, byte[] name)
    {
        byte[] value = new byte[AttributeBytesMax];
        nint length = GetXattr(Terminated(path), Terminated(name), value, (nuint)value.Length);
        Check((int)length, path);
        return value[..(int)length];
    }

    public static void SetAttribute(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        Check(SetXattr(Terminated(path), Terminated(name), value, (nuint)value.Length, 0), path);

    public static void SetTimes(ReadOnlySpan<byte> path, long seconds, long nanoseconds) =>
        Check(SetTimes(AtFdCwd, Terminated(path), [seconds, nanoseconds, seconds, nanoseconds], AtSymlinkNoFollow), path);

    public static void SetOwner(ReadOnlySpan<byte> path, uint uid, uint gid) => Check(ChangeOwner(Terminated(path), uid, gid), path);

    public static void SetMode(ReadOnlySpan<byte> path, uint mode) => Check(ChangeMode(Terminated(path), mode), path);

    public static void MakeDirectory(ReadOnlySpan<byte> path) => Check(MakeDirectory(Terminated(path), 0x1c0), path);

    public static void MakeFifo(ReadOnlySpan<byte> path) => Check(MakeFifo(Terminated(path), 0x1a4), path);

    /// <summary>A socket nobody listens on (mknod with S_IFSOCK): bind would limit the path to 107 bytes.</summary>
    public static void MakeSocket(ReadOnlySpan<byte> path) => Check(MakeNode(Terminated(path), 0xc000 | 0x1a4, 0), path);

    /// <summary>Removes a file or an empty directory.</summary>
    public static void Remove(ReadOnlySpan<byte> path) => Check(RemoveObject(Terminated(path)), path);

    public static void MakeLink(ReadOnlySpan<byte> existing, ReadOnlySpan<byte> path) => Check(MakeLink(Terminated(existing), Terminated(path)), path);

    public static void MakeSymlink(ReadOnlySpan<byte> target, ReadOnlySpan<byte> path) =>
        Check(MakeSymlink(Terminated(target), Terminated(path)), path);

    /// <summary>Opens for reading; the caller closes.</summary>
    public static SafeFileHandle OpenRead(ReadOnlySpan<byte> path) => Open(path, OpenReadOnlyNoFollowCloseOnExec, 0);

    /// <summary>Makes a file for writing (O_WRONLY, O_CREAT, O_EXCL); the caller closes.</summary>
    public static SafeFileHandle CreateFile(ReadOnlySpan<byte> path) => Open(path, 0x1 | 0x40 | 0x80 | 0x80000, 0x180);

    private static SafeFileHandle Open(ReadOnlySpan<byte> path, int flags, uint mode)
    {
        int descriptor = OpenFile(Terminated(path), flags, mode);
        Check(descriptor, path);
        return new SafeFileHandle(descriptor, ownsHandle: true);
    }

    private static byte[] Terminated(ReadOnlySpan<byte> path) => [.. path, 0];

    private static void Check(int result, ReadOnlySpan<byte> path)
    {
        if (result < 0)
        {
            throw new IOException($"{Model.Trees.TreePath.Display(path)}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    private static partial int Statx(int directory, byte[] path, int flags, uint mask, Span<byte> buffer);

    [LibraryImport("libc", EntryPoint = "opendir", SetLastError = true)]
    private static partial nint OpenDirectory(byte[] path);

    [LibraryImport("libc", EntryPoint = "readdir", SetLastError = true)]
    private static partial nint ReadDirectory(nint directory);

    [LibraryImport("libc", EntryPoint = "closedir")]
    private static partial int CloseDirectory(nint directory);

    [LibraryImport("libc", EntryPoint = "readlink", SetLastError = true)]
    private static partial nint ReadLink(byte[] path, byte[] target, nuint length);

    [LibraryImport("libc", EntryPoint = "llistxattr", SetLastError = true)]
    private static partial nint ListXattr(byte[] path, byte[] names, nuint length);

    [LibraryImport("libc", EntryPoint = "lgetxattr", SetLastError = true)]
    private static partial nint GetXattr(byte[] path, byte[] name, byte[] value, nuint length);

    [LibraryImport("libc", EntryPoint = "lsetxattr", SetLastError = true)]
    private static partial int SetXattr(byte[] path, byte[] name, ReadOnlySpan<byte> value, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "utimensat", SetLastError = true)]
    private static partial int SetTimes(int directory, byte[] path, long[] times, int flags);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true)]
    private static partial int ChangeOwner(byte[] path, uint uid, uint gid);

    [LibraryImport("libc", EntryPoint = "chmod", SetLastError = true)]
    private static partial int ChangeMode(byte[] path, uint mode);

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true)]
    private static partial int MakeDirectory(byte[] path, uint mode);

    [LibraryImport("libc", EntryPoint = "mkfifo", SetLastError = true)]
    private static partial int MakeFifo(byte[] path, uint mode);

    [LibraryImport("libc", EntryPoint = "mknod", SetLastError = true)]
    private static partial int MakeNode(byte[] path, uint mode, ulong device);

    [LibraryImport("libc", EntryPoint = "remove", SetLastError = true)]
    private static partial int RemoveObject(byte[] path);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true)]
    private static partial int MakeLink(byte[] existing, byte[] path);

    [LibraryImport("libc", EntryPoint = "symlink", SetLastError = true)]
    private static partial int MakeSymlink(byte[] target, byte[] path);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    private static partial int OpenFile(byte[] path, int flags, uint mode);
}
