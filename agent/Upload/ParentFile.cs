using K8sBackup.Model.Trees;

namespace K8sBackup.Agent.Upload;

/// <summary>One entry of the parent snapshot with its whole content.</summary>
/// <param name="Entry">The entry; its content field is empty.</param>
/// <param name="Extents">All extents in file order.</param>
/// <param name="PageBytes">Page size of a page-structured file, else 0.</param>
/// <param name="PageDigests">Its chunks of page digests, in order.</param>
internal sealed record ParentFile(TreeEntry Entry, IReadOnlyList<Extent> Extents, int PageBytes, IReadOnlyList<byte[]> PageDigests);
