using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Mapping;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Catalog;

/// <summary>Finds sources of a restore point by the claim or pod they are of.</summary>
public static class PointVolumes
{
    private const int ListedMax = 20;

    /// <exception cref="BackupException">None or several have that name, or the one that has it failed.</exception>
    public static SourceKey Find(RestorePointManifest point, Wire.VolumeName name)
    {
        ArgumentNullException.ThrowIfNull(point);
        ArgumentNullException.ThrowIfNull(name);
        if (name.Namespace.Length == 0 || name.Claim.Length > 0 == name.Pod.Length > 0)
        {
            throw new BackupException(FailureCause.InvalidRequest, "The volume to restore is named by namespace and claim, or by namespace, pod and volume.");
        }

        SourceResult[] found = [.. point.Sources.Where(source => source.Volume is { } volume && Has(volume, name))];
        string text = VolumeNameText.Of(name);
        return found switch
        {
            [var only] => only.Source,
            [] => throw new BackupException(FailureCause.NotFound, $"Restore point {point.Id} has no volume {text}. It has: {Names(point.Sources)}."),
            _ => throw new BackupException(FailureCause.InvalidRequest, $"Restore point {point.Id} has several volumes {text}; say which: {Names(found)}."),
        };
    }

    private static bool Has(PodVolume volume, Wire.VolumeName name) =>
        volume.Namespace == name.Namespace
        && (name.Claim.Length > 0
            ? volume.Claim == name.Claim
            : volume.Pod == name.Pod && (name.Volume.Length == 0 || volume.Volume == name.Volume));

    private static string Names(IEnumerable<SourceResult> sources)
    {
        string[] names = [.. sources.Where(source => source.Volume is not null)
            .Select(source => source.Volume is { Claim.Length: 0 } volume ? $"{volume.Namespace}/{volume.Pod}:{volume.Volume}" : $"{source.Volume!.Namespace}/{source.Volume.Claim}")
            .Order(StringComparer.Ordinal)];
        string more = names.Length > ListedMax ? $" and {names.Length - ListedMax} more" : "";
        return names.Length == 0 ? "none" : string.Join(", ", names.Take(ListedMax)) + more;
    }
}
