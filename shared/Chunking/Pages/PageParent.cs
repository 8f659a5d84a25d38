using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;

namespace K8sBackup.Chunking.Pages;

/// <summary>The same file in an earlier snapshot.</summary>
/// <param name="Content">Its content; without pages of the same size it is of no use and is not looked at.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Metadata">Gives its digests and extent lists.</param>
/// <param name="MayReference">
/// Says whether a chunk may be taken over without sending it; pages in other chunks count as changed.
/// </param>
public sealed record PageParent(FileContent Content, long Size, IChunkSource Metadata, Func<ChunkId, bool> MayReference);
