using K8sBackup.Model.Manifests;
using K8sBackup.Model.Trees;

namespace K8sBackup.FileTree.Restoring;

/// <summary>How a tree is restored.</summary>
public sealed record RestoreOptions
{
    /// <summary>
    /// Names the restore in temporary and kept names: 1 to 64 lower-case letters, digits and '-'. The same id when a
    /// restore is run again lets it remove what the interrupted run left and finish its directories. With an id that says when
    /// it was made ("r-" or "rescue-" and a sortable id) it does the same for earlier restores that are over.
    /// </summary>
    public required string Id { get; init; }

    /// <summary>Ids of other restores that are going on, wherever: what they have in hand is theirs.</summary>
    public IReadOnlyList<string> Running { get; init; } = [];

    public ConflictPolicy Conflicts { get; init; } = ConflictPolicy.Skip;

    /// <summary>
    /// Restore set-user-id and set-group-id of files and the attributes outside <c>user.</c> and POSIX ACLs (file
    /// capabilities, security labels, <c>trusted.</c>). Off unless a volume goes back to where it came from: a backup
    /// of one tenant's volume must not bring programs with privileges to another's.
    /// </summary>
    public bool KeepPrivileges { get; init; }

    /// <summary>Create fifos; they hold nothing and harm nobody.</summary>
    public bool CreateFifos { get; init; } = true;

    /// <summary>Create device nodes. Off, because a device node is access to the machine.</summary>
    public bool CreateDevices { get; init; }

    /// <summary>
    /// Set <see cref="TreeEntry.Flags"/>, and take them off again from what looks like the work of an earlier run. Off, because an immutable
    /// file stops everybody who comes after.
    /// </summary>
    public bool SetFlags { get; init; }

    /// <summary>Give the target directory itself the metadata of the tree's root.</summary>
    public bool RootMetadata { get; init; } = true;

    /// <summary>For a mirror: it deletes at and below these paths only. Empty for everywhere.</summary>
    public IReadOnlyList<byte[]> Selection { get; init; } = [];

    /// <summary>For a mirror: what the tree lacks only because its walk left it out, which therefore stays.</summary>
    public ExcludeRules Rules { get; init; } = ExcludeRules.None;

    /// <summary>Wait at the end until the file system has everything on disk.</summary>
    public bool Durable { get; init; } = true;
}
