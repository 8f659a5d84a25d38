using K8sBackup.Model.Ids;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Tests.Support;

/// <summary>Work as a coordinator words it.</summary>
internal static class WorkMessages
{
    /// <summary>An id as the coordinator derives it: a letter, a sortable id, a digest.</summary>
    public static string NewId() => $"b-{SortableId.Create(TimeProvider.System)}-0123456789abcdef";

    public static Work Backup(string? id = null, string node = AgentHarness.Node, string path = "/volumes/v") => new()
    {
        WorkId = id ?? NewId(),
        Backup = new BackupTask
        {
            RunId = NewId(),
            Source = new Transport.V1.SourceKey { Node = node, Kind = Transport.V1.SourceKind.Volume, Name = "data" },
            Volume = new VolumeOptions { Path = path },
        },
    };
}
