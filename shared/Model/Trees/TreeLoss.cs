using K8sBackup.Model.Ids;

namespace K8sBackup.Model.Trees;

/// <summary>A block of a tree that cannot be read, with everything in and below it.</summary>
/// <param name="Block">The block.</param>
/// <param name="FirstPath">Path of the first entry that is lost.</param>
/// <param name="Entries">How many are lost; 0 when that is not known, because the block is the root.</param>
/// <param name="Cause">Why it cannot be read.</param>
public sealed record TreeLoss(ChunkId Block, byte[] FirstPath, long Entries, Exception Cause)
{
    /// <summary>True when it is the root, and with it everything.</summary>
    public bool IsRoot => Entries == 0;
}
