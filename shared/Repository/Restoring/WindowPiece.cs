using K8sBackup.Model.Trees;

namespace K8sBackup.Repository.Restoring;

/// <summary>What comes next in a window, one of: an entry, a piece of the current entry's content, a loss.</summary>
/// <param name="Entry">The entry that begins.</param>
/// <param name="Extent">The piece of the current entry's content, when nothing else is set.</param>
/// <param name="Loss">What cannot be read.</param>
internal readonly record struct WindowPiece(TreeEntry? Entry, Extent Extent, ContentLoss? Loss);
