using K8sBackup.Model.Trees;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Restoring;

/// <summary>A directory the restore is in.</summary>
/// <param name="Path">Its path in the tree.</param>
/// <param name="Handle">Open on the directory in the target; null when it could not be restored, and nothing below it can.</param>
/// <param name="Metadata">What it gets when the restore leaves it; null when it keeps what it has.</param>
/// <param name="IsMarked">True when it holds the mark of an unfinished directory.</param>
internal sealed record RestoreFrame(byte[] Path, SafeFileHandle? Handle, TreeEntry? Metadata, bool IsMarked) : IDisposable
{
    /// <summary>What is in the directory and not in the tree; null when nothing there is to be deleted.</summary>
    public ExtraNames? Extras { get; init; }

    /// <summary>The entry of a directory that keeps what it has but for the flags it lacks; null for any other.</summary>
    public TreeEntry? Unflagged { get; init; }

    /// <summary>Why nothing can be made or removed in the directory itself; null when it can.</summary>
    public string? Lock { get; init; }

    public void Dispose() => Handle?.Dispose();

    public static ReadOnlySpan<byte> NameOf(byte[] path) => path.AsSpan(path.AsSpan().LastIndexOf((byte)'/') + 1);

    public static ReadOnlySpan<byte> ParentOf(ReadOnlySpan<byte> path) => path[..Math.Max(0, path.LastIndexOf((byte)'/'))];
}
