using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using K8sBackup.Model.Trees;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Native;

/// <summary>Reads what the file system keeps about objects.</summary>
public static unsafe class Metadata
{
    // Linux: a list of names and a value have at most 64 KiB each (limits.h, XATTR_LIST_MAX and XATTR_SIZE_MAX).
    private const int AttributeBytesMax = 65_536;
    private const int LinkBytesMax = 65_536;

    /// <summary>Status of an open object.</summary>
    /// <exception cref="LinuxException">The file system refuses.</exception>
    public static FileStatus Status(SafeFileHandle handle) => Status(handle, [], Libc.AtEmptyPath);

    /// <summary>Status of the object with that name in a directory; a symbolic link's own.</summary>
    /// <exception cref="LinuxException">It is gone, or the file system refuses.</exception>
    public static FileStatus Status(SafeFileHandle directory, ReadOnlySpan<byte> name) => Status(directory, name, Libc.AtSymlinkNoFollow);

    /// <summary>The same, null when there is no such name: an answer as usual as the other one, and without an exception.</summary>
    /// <exception cref="LinuxException">The file system refuses.</exception>
    public static FileStatus? Find(SafeFileHandle directory, ReadOnlySpan<byte> name)
    {
        int error = Look(directory, name, out FileStatus? status);
        return error is 0 or Errno.NoEntry ? status : throw new LinuxException("statx", error);
    }

    /// <summary>The same with the system's error number, which is 0 when there is a status.</summary>
    internal static int Look(SafeFileHandle directory, ReadOnlySpan<byte> name, out FileStatus? status) =>
        TryStatus(directory, name, Libc.AtSymlinkNoFollow, out status);

    /// <summary>Target of the symbolic link with that name in a directory.</summary>
    /// <exception cref="LinuxException">It is gone or no longer a link.</exception>
    public static byte[] LinkTarget(SafeFileHandle directory, ReadOnlySpan<byte> name)
    {
        byte[] buffer = new byte[4096];
        while (true)
        {
            nint length;
            fixed (byte* text = CName.Of(name))
            fixed (byte* to = buffer)
            {
                length = Libc.ReadLinkAt(directory, text, to, (nuint)buffer.Length);
            }

            if (length < 0)
            {
                throw LinuxException.Last("readlink");
            }

            if (length < buffer.Length || buffer.Length >= LinkBytesMax)
            {
                return buffer[..(int)length];
            }

            buffer = new byte[buffer.Length * 2];
        }
    }

    /// <summary>
    /// Extended attributes of the object behind a handle of any kind, sorted by name. They are read through
    /// /proc/self/fd, which leads to exactly that object, links and devices too, and opens nothing.
    /// </summary>
    /// <exception cref="LinuxException">They cannot be read.</exception>
    public static IReadOnlyList<ExtendedAttribute> Attributes(SafeFileHandle handle)
    {
        bool added = false;
        try
        {
            handle.DangerousAddRef(ref added);
            string path = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{handle.DangerousGetHandle()}\0");
            fixed (byte* link = Encoding.ASCII.GetBytes(path))
            {
                return ReadAttributes(link);
            }
        }
        finally
        {
            if (added)
            {
                handle.DangerousRelease();
            }
        }
    }

    /// <summary>The same for an object that is open for reading, which most often has none: that is told without a path.</summary>
    /// <exception cref="LinuxException">They cannot be read.</exception>
    public static IReadOnlyList<ExtendedAttribute> AttributesOfOpen(SafeFileHandle file) =>
        Libc.ListAttributes(file, null, 0) == 0 ? [] : Attributes(file);

    private static List<ExtendedAttribute> ReadAttributes(byte* path)
    {
        nint needed = Libc.ListAttributes(path, null, 0);
        if (needed <= 0)
        {
            return needed == 0 || Marshal.GetLastPInvokeError() == Errno.NotSupported ? [] : throw LinuxException.Last("listxattr");
        }

        byte[] names = new byte[AttributeBytesMax];
        nint length;
        fixed (byte* to = names)
        {
            length = Libc.ListAttributes(path, to, (nuint)names.Length);
        }

        if (length < 0)
        {
            throw LinuxException.Last("listxattr");
        }

        List<ExtendedAttribute> attributes = [];
        foreach (Range range in names.AsSpan(0, (int)length).Split((byte)0))
        {
            byte[] name = names[range];
            if (name.Length > 0 && ReadAttribute(path, name) is { } value)
            {
                attributes.Add(new ExtendedAttribute(name, value));
            }
        }

        attributes.Sort((left, right) => left.Name.AsSpan().SequenceCompareTo(right.Name));
        return attributes;
    }

    // Null when the attribute was removed meanwhile.
    private static byte[]? ReadAttribute(byte* path, byte[] name)
    {
        byte[] buffer = new byte[256];
        while (true)
        {
            nint length;
            fixed (byte* text = CName.Of(name))
            fixed (byte* to = buffer)
            {
                length = Libc.GetAttribute(path, text, to, (nuint)buffer.Length);
            }

            if (length >= 0)
            {
                return buffer[..(int)length];
            }

            int error = Marshal.GetLastPInvokeError();
            if (error == Errno.NoData)
            {
                return null;
            }

            if (error != Errno.Range || buffer.Length >= AttributeBytesMax)
            {
                throw new LinuxException("getxattr", error);
            }

            buffer = new byte[AttributeBytesMax];
        }
    }

    private static FileStatus Status(SafeFileHandle handle, ReadOnlySpan<byte> name, int flags)
    {
        int error = TryStatus(handle, name, flags, out FileStatus? status);
        return status ?? throw new LinuxException("statx", error);
    }

    private static int TryStatus(SafeFileHandle handle, ReadOnlySpan<byte> name, int flags, out FileStatus? status)
    {
        StatX stat;
        fixed (byte* text = CName.Of(name))
        {
            bool told = Libc.StatX(handle, text, flags, StatX.MaskUsed, &stat) == 0;
            status = told ? new FileStatus(stat) : null;
            return told ? 0 : Marshal.GetLastPInvokeError();
        }
    }
}
