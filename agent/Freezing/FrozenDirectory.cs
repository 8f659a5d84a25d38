using System.Globalization;
using K8sBackup.FileTree.Native;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Agent.Freezing;

/// <summary>
/// A directory by path and identity, for another process or another life of this one. What is at the path is used only when it is that
/// directory still: paths below a pod's volume are in other people's hands.
/// </summary>
internal sealed record FrozenDirectory(string Path, ulong FileSystem, ulong Inode)
{
    public static FrozenDirectory Of(SafeFileHandle directory, string path)
    {
        FileStatus status = Metadata.Status(directory);
        return new FrozenDirectory(path, status.FileSystem, status.Inode);
    }

    /// <summary>The directory, open.</summary>
    /// <exception cref="LinuxException">It cannot be opened, or another one is there.</exception>
    public SafeFileHandle Open()
    {
        SafeFileHandle directory = DirectoryHandles.OpenRoot(Path);
        FileStatus status = Metadata.Status(directory);
        if (status.FileSystem == FileSystem && status.Inode == Inode)
        {
            return directory;
        }

        directory.Dispose();
        throw new LinuxException($"open {Path}: another directory is there", Errno.NoEntry);
    }

    public string[] ToArguments() => [Path, FileSystem.ToString(CultureInfo.InvariantCulture), Inode.ToString(CultureInfo.InvariantCulture)];

    public static FrozenDirectory? FromArguments(ReadOnlySpan<string> arguments) =>
        arguments.Length == 3
        && ulong.TryParse(arguments[1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong fileSystem)
        && ulong.TryParse(arguments[2], NumberStyles.None, CultureInfo.InvariantCulture, out ulong inode)
            ? new FrozenDirectory(arguments[0], fileSystem, inode)
            : null;
}
