using K8sBackup.Model.Trees;

namespace K8sBackup.Repository.Restoring;

/// <summary>Part of a snapshot that cannot be read because something in the store is damaged or missing.</summary>
/// <param name="Cause">What is wrong, naming the object.</param>
/// <param name="Tree">
/// The entries that are lost, when it is a block of the tree; null when it is the content of the current entry, of which nothing
/// more follows.
/// </param>
public sealed record ContentLoss(Exception Cause, TreeLoss? Tree)
{
    /// <summary>True for a cause that concerns what was read and not the store as a whole: other parts may be sound.</summary>
    public static bool IsDamage(Exception cause) => cause is RepositoryCorruptException or CorruptTreeException;

    /// <summary>What is lost and why, in one sentence for people.</summary>
    public string Text => Tree is null
        ? $"its content is damaged in the store: {Cause.Message}"
        : $"{Tree.Entries} entries from here on are lost: {Cause.Message}";
}
