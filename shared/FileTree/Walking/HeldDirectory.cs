using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Walking;

/// <summary>An open directory of a walk, closed when the walk has left it and no file is to be opened in it any more. One thread.</summary>
internal sealed class HeldDirectory(SafeFileHandle handle) : IDisposable
{
    private int _holders = 1;

    public SafeFileHandle Handle { get; } = handle;

    /// <summary>Keeps it open until it is disposed of once more.</summary>
    public HeldDirectory Hold()
    {
        _holders++;
        return this;
    }

    public void Dispose()
    {
        if (--_holders == 0)
        {
            Handle.Dispose();
        }
    }
}
