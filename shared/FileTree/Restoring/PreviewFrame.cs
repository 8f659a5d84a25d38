using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Restoring;

/// <summary>A directory a preview is in.</summary>
/// <param name="Path">Its path in the tree.</param>
/// <param name="Handle">Open on the directory in the target; null where there is none yet.</param>
/// <param name="IsBlocked">True when it could not be restored, and nothing below it.</param>
/// <param name="Extras">What is in it and not in the tree; null when nothing there is to be deleted.</param>
internal sealed record PreviewFrame(byte[] Path, SafeFileHandle? Handle, bool IsBlocked, ExtraNames? Extras) : IDisposable
{
    /// <summary>Why nothing can be made in the directory itself; null when it can.</summary>
    public string? Lock { get; init; }

    public void Dispose() => Handle?.Dispose();
}
