using K8sBackup.Model.Ids;

namespace K8sBackup.Model.Trees;

/// <summary>A tree block or extent list is malformed, or breaks a rule of the format.</summary>
public sealed class CorruptTreeException : Exception
{
    public CorruptTreeException(ChunkId block, string reason)
        : base($"Tree block {block} is malformed: {reason}.")
    {
        Block = block;
        Reason = reason;
    }

    public ChunkId Block { get; }

    public string Reason { get; }
}
