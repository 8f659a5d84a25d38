using K8sBackup.Model.Ids;

namespace K8sBackup.Model.Trees;

/// <summary>A finished tree: its root block and what it holds.</summary>
/// <param name="Block">Root block.</param>
/// <param name="Entries">Entries, the root included.</param>
/// <param name="FileBytes">Sum of the sizes of files, holes included; further names of a file count nothing.</param>
public sealed record TreeRoot(ChunkId Block, long Entries, long FileBytes);
