using K8sBackup.Model.Ids;

namespace K8sBackup.Model.Trees;

/// <summary>What an index block keeps of a block below it.</summary>
internal sealed record TreeChild(byte[] FirstPath, ChunkId Block, long Entries, long FileBytes);
