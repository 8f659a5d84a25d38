using System.Runtime.InteropServices;
using System.Text;
using K8sBackup.Model.Trees;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Native;

/// <summary>
/// Opens directories and what lies in them without ever following a symbolic link below the first: roots by absolute
/// path, everything else relative to an open directory.
/// </summary>
public static unsafe class DirectoryHandles
{
    // PATH_MAX with its NUL.
    private const int StretchBytesMax = 4095;

    /// <summary>Opens a directory by absolute path; symbolic links on the way to it are followed, since the operator named it.</summary>
    /// <exception cref="LinuxException">It does not exist, is no directory or may not be opened.</exception>
    public static SafeFileHandle OpenRoot(string path)
    {
        fixed (byte* name = CName.Of(Encoding.UTF8.GetBytes(path)))
        {
            int descriptor = Libc.OpenAt(Libc.AtFdCwd, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.CloseOnExec, 0);
            return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw LinuxException.Last("open");
        }
    }

    /// <summary>
    /// Opens the directory at a relative path of any depth below <paramref name="root"/>. No symbolic link is followed and
    /// the root is never left, whatever happens to the tree meanwhile (openat2(2); one component at a time where a
    /// kernel or a seccomp profile has no openat2).
    /// </summary>
    /// <exception cref="LinuxException">A component is missing, no directory, or a symbolic link.</exception>
    public static SafeFileHandle OpenBeneath(SafeFileHandle root, ReadOnlySpan<byte> path)
    {
        if (!TreePath.IsValid(path))
        {
            throw new ArgumentException("The path is not a valid relative path.", nameof(path));
        }

        SafeFileHandle? current = null;
        while (path.Length > StretchBytesMax)
        {
            // The kernel takes no longer path; a name is so short that there is a separator.
            int end = path[..StretchBytesMax].LastIndexOf((byte)'/');
            SafeFileHandle? parent = current;
            try
            {
                current = OpenStretch(parent ?? root, path[..end]);
            }
            finally
            {
                parent?.Dispose();
            }

            path = path[(end + 1)..];
        }

        using (current)
        {
            return OpenStretch(current ?? root, path);
        }
    }

    /// <summary>Opens a directory that lies directly in another.</summary>
    /// <exception cref="LinuxException">It is gone, no directory, or may not be read.</exception>
    public static SafeFileHandle OpenChild(SafeFileHandle directory, ReadOnlySpan<byte> name)
    {
        const int Flags = OpenFlags.ReadOnly | OpenFlags.CloseOnExec;
        int directoryFlags = Flags | OpenFlags.Directory | OpenFlags.NoFollow;
        // Only owners and CAP_FOWNER may ask not to touch the access time.
        SafeFileHandle? opened = TryOpen(directory, name, directoryFlags | OpenFlags.NoAccessTime, out int error);
        if (opened is null && error == Errno.NotPermitted)
        {
            opened = TryOpen(directory, name, directoryFlags, out error);
        }

        return opened ?? throw new LinuxException("open", error);
    }

    /// <summary>
    /// Opens a regular file that lies directly in a directory, for reading. Never blocks on a fifo and never follows a
    /// link; the caller compares the status to know that it is the object it listed.
    /// </summary>
    /// <exception cref="LinuxException">It is gone, a symbolic link, or may not be read.</exception>
    public static SafeFileHandle OpenFile(SafeFileHandle directory, ReadOnlySpan<byte> name)
    {
        int flags = OpenFlags.ReadOnly | OpenFlags.CloseOnExec | OpenFlags.NonBlocking | OpenFlags.NoFollow | OpenFlags.LargeFile;
        SafeFileHandle? opened = TryOpen(directory, name, flags | OpenFlags.NoAccessTime, out int error);
        if (opened is null && error == Errno.NotPermitted)
        {
            opened = TryOpen(directory, name, flags, out error);
        }

        return opened ?? throw new LinuxException("open", error);
    }

    /// <summary>A handle that names an object of any kind without opening it, for looking at its metadata.</summary>
    /// <exception cref="LinuxException">It is gone.</exception>
    public static SafeFileHandle OpenForMetadata(SafeFileHandle directory, ReadOnlySpan<byte> name) =>
        TryOpen(directory, name, OpenFlags.PathOnly | OpenFlags.NoFollow | OpenFlags.CloseOnExec, out int error)
        ?? throw new LinuxException("open", error);

    private static SafeFileHandle OpenStretch(SafeFileHandle root, ReadOnlySpan<byte> path) =>
        path.IsEmpty ? OpenChild(root, "."u8) : TryOpenAt2(root, path) ?? OpenStepwise(root, path);

    private static SafeFileHandle? TryOpen(SafeFileHandle directory, ReadOnlySpan<byte> name, int flags, out int error)
    {
        fixed (byte* text = CName.Of(name))
        {
            int descriptor = Libc.OpenAt(directory, text, flags, 0);
            error = descriptor >= 0 ? 0 : Marshal.GetLastPInvokeError();
            return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : null;
        }
    }

    // Null when the system has no openat2 for us.
    private static SafeFileHandle? TryOpenAt2(SafeFileHandle root, ReadOnlySpan<byte> path)
    {
        OpenHow how = new()
        {
            Flags = (ulong)(uint)(OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.CloseOnExec),
            Resolve = OpenHow.ResolveBeneath | OpenHow.ResolveNoSymlinks | OpenHow.ResolveNoMagicLinks,
        };
        fixed (byte* text = CName.Of(path))
        {
            nint descriptor = Libc.OpenAt2(Libc.SysOpenAt2, root, text, &how, (nuint)sizeof(OpenHow));
            if (descriptor >= 0)
            {
                return new SafeFileHandle(descriptor, ownsHandle: true);
            }
        }

        int error = Marshal.GetLastPInvokeError();
        return error is Errno.NotImplemented or Errno.NotPermitted ? null : throw new LinuxException("openat2", error);
    }

    /// <summary>The fallback, on its own for tests.</summary>
    internal static SafeFileHandle OpenStepwise(SafeFileHandle root, ReadOnlySpan<byte> path)
    {
        SafeFileHandle? current = null;
        foreach (Range component in path.Split((byte)'/'))
        {
            SafeFileHandle? parent = current;
            try
            {
                current = OpenChild(parent ?? root, path[component]);
            }
            finally
            {
                parent?.Dispose();
            }
        }

        return current!;
    }
}
