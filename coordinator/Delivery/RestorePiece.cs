using K8sBackup.Model.Trees;

namespace K8sBackup.Coordinator.Delivery;

/// <summary>What comes next in a restore stream: an entry, or (without one) a piece of the current entry's content.</summary>
/// <param name="Entry">The entry that begins.</param>
/// <param name="Extent">The piece of the current entry's content.</param>
internal readonly record struct RestorePiece(TreeEntry? Entry, Extent Extent);
