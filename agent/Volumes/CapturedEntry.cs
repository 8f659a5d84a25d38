using K8sBackup.Agent.Upload;
using K8sBackup.Model.Trees;

namespace K8sBackup.Agent.Volumes;

/// <summary>An entry on its way from the walk to the tree.</summary>
/// <param name="Entry">The entry without content.</param>
/// <param name="Pending">Content that is still being hashed.</param>
/// <param name="Ready">Content that is complete.</param>
/// <param name="Same">The parent's file, whose content is taken over.</param>
internal sealed record CapturedEntry(TreeEntry Entry, PendingContent? Pending = null, FileContent? Ready = null, ParentFile? Same = null);
