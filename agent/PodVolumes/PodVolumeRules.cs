using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.PodVolumes;

/// <summary>Which tasks about volumes of pods an agent takes on.</summary>
internal static class PodVolumeRules
{
    // Drivers whose volumes show Secrets of a vault.
    private static readonly string[] SecretDrivers = ["secrets-store.csi.k8s.io"];

    /// <exception cref="BackupException">The task is malformed, or of a kind that is never read.</exception>
    public static void Require(PodVolumeOptions options)
    {
        PodVolume volume = options.Volume ?? throw Malformed("it names no volume");
        string? never = volume.Kind switch
        {
            PodVolumeKind.Secret or PodVolumeKind.Projected => "it shows Secrets",
            PodVolumeKind.ConfigMap or PodVolumeKind.DownwardApi => "it shows what is in etcd",
            PodVolumeKind.Image => "it is in a registry",
            PodVolumeKind.Csi when SecretDrivers.Contains(volume.Driver, StringComparer.Ordinal) => "its driver shows Secrets",
            _ => null,
        };
        if (never is not null)
        {
            throw new BackupException(FailureCause.PermissionDenied, $"The volume {volume.Volume} ({volume.Kind}) is not read: {never}.");
        }

        bool known = volume.Kind is PodVolumeKind.EmptyDir or PodVolumeKind.Memory or PodVolumeKind.Local or PodVolumeKind.Nfs or PodVolumeKind.Csi or PodVolumeKind.InTree;
        if (!known || !IsName(DirectoryOf(options)) || !IsName(VolumeLayout.NameOf(volume)) || (volume.Kind == PodVolumeKind.InTree && volume.Driver.Length == 0))
        {
            throw Malformed($"kind {volume.Kind}, pod '{DirectoryOf(options)}', volume '{VolumeLayout.NameOf(volume)}'");
        }
    }

    /// <summary>Name of the pod's directory.</summary>
    public static string DirectoryOf(PodVolumeOptions options) => options.PodDirectory.Length > 0 ? options.PodDirectory : options.Volume.PodUid;

    private static bool IsName(string text) => text.Length is > 0 and <= 255 && text is not ("." or "..") && !text.AsSpan().ContainsAny('/', '\0');

    private static BackupException Malformed(string what) => new(FailureCause.InvalidRequest, $"The task does not say which volume of which pod is meant: {what}.");
}
