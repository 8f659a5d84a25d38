using K8sBackup.FileTree.Native;
using K8sBackup.Model.Manifests;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Walking;

/// <summary>A directory that was opened and listed, and what its owner marked it with; null for nothing.</summary>
internal sealed record EnteredDirectory(WalkFrame Frame, string? Mark) : IDisposable
{
    /// <summary>Opens and lists the directory of that name.</summary>
    /// <param name="parent">The directory it lies in.</param>
    /// <param name="name">Its name.</param>
    /// <param name="path">Its path below the walk's root.</param>
    /// <param name="expected">What was there when it was looked at; null for whatever it is.</param>
    /// <param name="rules">Which marks count.</param>
    /// <exception cref="LinuxException">It cannot be read, or is another object by now.</exception>
    public static EnteredDirectory Open(SafeFileHandle parent, ReadOnlySpan<byte> name, byte[] path, FileStatus? expected, ExcludeRules rules)
    {
        SafeFileHandle handle = DirectoryHandles.OpenChild(parent, name);
        try
        {
            if (expected is { } status)
            {
                RequireSame(Metadata.Status(handle), status);
            }

            DirectoryNames names = DirectoryNames.Read(handle);
            return new EnteredDirectory(new WalkFrame(handle, path, names), DirectoryMarks.Find(handle, names, rules));
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <exception cref="LinuxException">The two are not the same object.</exception>
    public static void RequireSame(FileStatus status, FileStatus expected)
    {
        if (!status.IsSameObject(expected) || status.Kind != expected.Kind)
        {
            throw new LinuxException("open: another object has taken its place", Errno.NoEntry);
        }
    }

    public void Dispose() => Frame.Dispose();
}
