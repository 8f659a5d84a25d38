using K8sBackup.FileTree.Restoring;
using K8sBackup.Transport.Mapping;
using K8sBackup.Transport.V1;
using ConflictPolicy = K8sBackup.FileTree.Restoring.ConflictPolicy;

namespace K8sBackup.Agent.Restore;

/// <summary>The operator's options for files, as the restorer wants them.</summary>
internal static class FilesOptions
{
    /// <summary>Those of a task, wherever it goes.</summary>
    public static RestoreFilesOptions Of(RestoreTask task) => task.Files ?? task.Preview ?? task.IntoVolume?.Files ?? new RestoreFilesOptions();

    public static RestoreOptions For(FilesTarget target, string workId, RestoreFilesOptions options) => new()
    {
        Id = workId,
        Running = [.. options.Running],
        Conflicts = options.Conflicts switch
        {
            Transport.V1.ConflictPolicy.Overwrite => ConflictPolicy.Overwrite,
            Transport.V1.ConflictPolicy.Rename => ConflictPolicy.Rename,
            Transport.V1.ConflictPolicy.Mirror => ConflictPolicy.Mirror,
            _ => ConflictPolicy.Skip,
        },
        Selection = [.. options.Selection.Select(path => path.ToByteArray())],
        Rules = ExclusionMapping.ToModel(options.Rules),
        KeepPrivileges = options.KeepPrivileges || target.IsOwnPlace,
        CreateDevices = options.Devices,
        SetFlags = options.FileFlags,
        RootMetadata = target.GivesRootMetadata,
    };
}
