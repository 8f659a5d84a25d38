using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Walking;

/// <summary>A directory the walk is in.</summary>
internal sealed class WalkFrame(SafeFileHandle handle, byte[] path, DirectoryNames names) : IDisposable
{
    public HeldDirectory Directory { get; } = new(handle);

    public SafeFileHandle Handle => Directory.Handle;

    public byte[] Path { get; } = path;

    public DirectoryNames Names { get; } = names;

    /// <summary>Index of the next name nothing was decided about.</summary>
    public int Next { get; set; }

    /// <summary>Names that are to be visited, and were not yet.</summary>
    public Looks Looks { get; } = new();

    public void Dispose() => Directory.Dispose();
}
