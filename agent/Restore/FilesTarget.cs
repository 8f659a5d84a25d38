using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Agent.Restore;

/// <summary>Where a tree is restored to.</summary>
/// <param name="Directory">The open directory; the holder disposes it. Null for a dry run where there is none yet.</param>
/// <param name="NodePath">Its path on the node, for reports.</param>
/// <param name="IsOwnPlace">True when the tree was read there.</param>
/// <param name="IsHostRoot">True when it is the node's root, whose own metadata is nobody's to restore.</param>
internal sealed record FilesTarget(SafeFileHandle? Directory, string NodePath, bool IsOwnPlace, bool IsHostRoot) : IDisposable
{
    /// <summary>Whether the root directory gets the metadata of the tree's.</summary>
    public bool GivesRootMetadata { get; init; } = !IsHostRoot;

    /// <summary>Null while the target is what was opened; otherwise what became of it. Directories of the node stay.</summary>
    public Func<string?> WhyGone { get; init; } = () => null;

    public void Dispose() => Directory?.Dispose();
}
