using K8sBackup.FileTree.Native;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Trees;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Walking;

/// <summary>Tells directories whose owners do not want them backed up.</summary>
internal static class DirectoryMarks
{
    // https://bford.info/cachedir/: a file that begins with exactly this.
    private static ReadOnlySpan<byte> Signature => "Signature: 8a477f597d28d172789f06886806bc55"u8;

    /// <summary>The mark that is there and that the rules look for; null when there is none.</summary>
    public static string? Find(SafeFileHandle directory, DirectoryNames names, ExcludeRules rules) =>
        rules.Marked && names.Contains(".nobackup"u8) ? ".nobackup"
        : rules.Caches && names.Contains("CACHEDIR.TAG"u8) && IsSigned(directory) ? "CACHEDIR.TAG"
        : null;

    // A tag that cannot be read, or is a link or a fifo, marks nothing: rather a cache too many than a directory too few.
    private static bool IsSigned(SafeFileHandle directory)
    {
        try
        {
            using SafeFileHandle tag = DirectoryHandles.OpenFile(directory, "CACHEDIR.TAG"u8);
            Span<byte> head = stackalloc byte[Signature.Length];
            return Metadata.Status(tag).Kind == EntryKind.File
                && RandomAccess.Read(tag, head, 0) == head.Length
                && head.SequenceEqual(Signature);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
