using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Native;

/// <summary>The system calls used here, as libc has them (Linux, 64-bit). Names are NUL-terminated byte strings.</summary>
internal static unsafe partial class Libc
{
    public const int AtFdCwd = -100;
    public const int AtSymlinkNoFollow = 0x100;
    public const int AtEmptyPath = 0x1000;

    // Same number on every architecture, like all calls since Linux 5.1.
    public const nint SysOpenAt2 = 437;

    public const nint SysCacheStat = 451;

    private const string Library = "libc";

    [LibraryImport(Library, EntryPoint = "openat", SetLastError = true)]
    public static partial int OpenAt(int directory, byte* name, int flags, uint mode);

    [LibraryImport(Library, EntryPoint = "openat", SetLastError = true)]
    public static partial int OpenAt(SafeFileHandle directory, byte* name, int flags, uint mode);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    public static partial nint OpenAt2(nint number, SafeFileHandle directory, byte* name, OpenHow* how, nuint size);

    [LibraryImport(Library, EntryPoint = "getdents64", SetLastError = true)]
    public static partial nint GetDirectoryEntries(SafeFileHandle directory, byte* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true)]
    public static partial int StatX(SafeFileHandle directory, byte* name, int flags, uint mask, StatX* result);

    [LibraryImport(Library, EntryPoint = "readlinkat", SetLastError = true)]
    public static partial nint ReadLinkAt(SafeFileHandle directory, byte* name, byte* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "lseek", SetLastError = true)]
    public static partial long Seek(SafeFileHandle file, long offset, int whence);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Control(SafeFileHandle file, nuint request, ulong* result);

    [LibraryImport(Library, EntryPoint = "posix_fadvise")]
    public static partial int Advise(SafeFileHandle file, long offset, long length, int advice);

    [LibraryImport(Library, EntryPoint = "mmap", SetLastError = true)]
    public static partial void* Map(void* address, nuint length, int protection, int flags, SafeFileHandle file, long offset);

    [LibraryImport(Library, EntryPoint = "munmap", SetLastError = true)]
    public static partial int Unmap(void* address, nuint length);

    [LibraryImport(Library, EntryPoint = "mincore", SetLastError = true)]
    public static partial int ResidentPages(void* address, nuint length, byte* pages);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    public static partial nint CacheStat(nint number, SafeFileHandle file, ulong* range, ulong* result, nint flags);

    [LibraryImport(Library, EntryPoint = "pread", SetLastError = true)]
    public static partial nint ReadAt(SafeFileHandle file, byte* buffer, nuint length, long offset);

    [LibraryImport(Library, EntryPoint = "flistxattr", SetLastError = true)]
    public static partial nint ListAttributes(SafeFileHandle file, byte* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "listxattr", SetLastError = true)]
    public static partial nint ListAttributes(byte* path, byte* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "getxattr", SetLastError = true)]
    public static partial nint GetAttribute(byte* path, byte* name, byte* buffer, nuint length);
}
