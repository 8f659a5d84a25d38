using System.IO.Enumeration;

namespace K8sBackup.Coordinator.Volumes;

/// <summary>What a pod's own annotations say about its volumes: ours first, then Velero's, so that people can move over.</summary>
internal static class VolumeAnnotations
{
    private static readonly (string Name, bool Includes)[] Known =
    [
        ("k8sbackup.dev/exclude-volumes", false),
        ("backup.velero.io/backup-volumes-excludes", false),
        ("k8sbackup.dev/volumes", true),
        ("backup.velero.io/backup-volumes", true),
    ];

    /// <summary>Whether the volume is named to be left out or taken, and by which annotation; null when it is not named.</summary>
    public static (bool Includes, string Rule)? Say(IReadOnlyDictionary<string, string> annotations, string volume)
    {
        foreach ((string name, bool includes) in Known)
        {
            if (annotations.TryGetValue(name, out string? list) && Names(list).Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, volume, ignoreCase: false)))
            {
                return (includes, $"annotation {name}");
            }
        }

        return null;
    }

    private static string[] Names(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
