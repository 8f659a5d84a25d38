using K8sBackup.KubernetesApi.Cluster;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Pods;
using K8sBackup.KubernetesApi.Volumes;
using K8sBackup.Model.Manifests;
using ApiVolume = K8sBackup.KubernetesApi.Pods.PodVolume;
using PodVolume = K8sBackup.Model.Manifests.PodVolume;

namespace K8sBackup.Coordinator.Volumes;

/// <summary>Puts together what pod, claim, persistent volume and namespace say about a volume.</summary>
internal sealed class VolumeFacts
{
    private const int SubPathsMax = 64;
    private const string Storage = "storage";

    private readonly Dictionary<(string Namespace, string Name), PersistentVolumeClaim> _claims;
    private readonly Dictionary<string, PersistentVolume> _volumes;
    private readonly Dictionary<string, Namespace> _namespaces;

    public VolumeFacts(ClusterState state)
    {
        _claims = state.Claims.ToDictionary(claim => (claim.Metadata.Namespace, claim.Metadata.Name));
        _volumes = state.Volumes.ToDictionary(volume => volume.Metadata.Name, StringComparer.Ordinal);
        _namespaces = state.Namespaces.ToDictionary(ns => ns.Metadata.Name, StringComparer.Ordinal);
    }

    public VolumeUse Describe(Pod pod, ApiVolume volume)
    {
        PodVolume identity = new()
        {
            Namespace = pod.Metadata.Namespace,
            Pod = pod.Metadata.Name,
            PodUid = pod.Metadata.Uid,
            Volume = volume.Name,
            Kind = PodVolumeKind.Unknown,
            SubPaths = SubPaths(pod, volume.Name),
        };
        string claim = volume.PersistentVolumeClaim?.ClaimName ?? (volume.Ephemeral is null ? "" : $"{pod.Metadata.Name}-{volume.Name}");
        if (claim.Length == 0)
        {
            return Finish(Inline(identity, volume), volume.HostPath);
        }

        return _claims.TryGetValue((pod.Metadata.Namespace, claim), out PersistentVolumeClaim? found)
            ? Claimed(identity, found)
            : Finish(identity with { Claim = claim }, null) with { Obstacle = $"The claim {claim} is not there." };
    }

    /// <summary>A claim that no pod has.</summary>
    public VolumeUse Describe(PersistentVolumeClaim claim) => Claimed(new PodVolume { Namespace = claim.Metadata.Namespace, Kind = PodVolumeKind.Unknown }, claim);

    private VolumeUse Claimed(PodVolume identity, PersistentVolumeClaim claim)
    {
        PersistentVolume? volume = claim.Spec.VolumeName.Length > 0 ? _volumes.GetValueOrDefault(claim.Spec.VolumeName) : null;
        PodVolume bound = identity with
        {
            Claim = claim.Metadata.Name,
            ClaimUid = claim.Metadata.Uid,
            StorageClass = claim.Spec.StorageClassName ?? volume?.Spec.StorageClassName ?? "",
            PersistentVolume = claim.Spec.VolumeName,
            PersistentVolumeUid = volume?.Metadata.Uid ?? "",
            Block = claim.Spec.VolumeMode == "Block",
        };
        string obstacle = volume switch
        {
            null when claim.Spec.VolumeName.Length == 0 => $"The claim is not bound to a volume ({(claim.Status.Phase.Length > 0 ? claim.Status.Phase : "no phase")}).",
            null => $"The persistent volume {claim.Spec.VolumeName} is not there.",
            { Spec.ClaimRef: { Uid.Length: > 0 } reference } when reference.Uid != claim.Metadata.Uid => $"The persistent volume {claim.Spec.VolumeName} belongs to another claim.",
            _ => "",
        };
        PodVolume described = volume is null || obstacle.Length > 0 ? bound : Persistent(bound, volume.Spec);
        Quantity? size = claim.Status.Capacity.TryGetValue(Storage, out Quantity capacity) ? capacity
            : claim.Spec.Resources.Requests.TryGetValue(Storage, out Quantity request) ? request
            : null;
        VolumeUse use = Finish(described, volume?.Spec.HostPath);
        return use with { ClaimLabels = claim.Metadata.Labels, Bytes = size?.Bytes, IsOfNode = false, Obstacle = obstacle.Length > 0 ? obstacle : use.Obstacle };
    }

    private VolumeUse Finish(PodVolume identity, HostPathVolume? hostPath)
    {
        string path = hostPath is null ? "" : hostPath.Path.Length > 1 ? hostPath.Path.TrimEnd('/') : hostPath.Path;
        string obstacle = identity.Kind switch
        {
            PodVolumeKind.Unknown when identity.Claim.Length == 0 => "The volume is of a kind this program does not know.",
            PodVolumeKind.Unknown => "The persistent volume is of a kind this program does not know.",
            PodVolumeKind.HostPath when hostPath is { Type: { Length: > 0 } type and not ("Directory" or "DirectoryOrCreate") } => $"The path is no directory but a {type}.",
            _ => "",
        };
        return new VolumeUse
        {
            Volume = identity,
            SourceName = VolumeNames.Of(identity, path),
            IsOfNode = identity.Kind == PodVolumeKind.HostPath,
            HostPath = path,
            NamespaceLabels = _namespaces.GetValueOrDefault(identity.Namespace)?.Metadata.Labels ?? new Dictionary<string, string>(),
            Obstacle = obstacle,
        };
    }

    private static PodVolume Inline(PodVolume identity, ApiVolume volume) => volume switch
    {
        { EmptyDir: { } empty } => identity with { Kind = empty.Medium.Length == 0 ? PodVolumeKind.EmptyDir : PodVolumeKind.Memory },
        { HostPath: not null } => identity with { Kind = PodVolumeKind.HostPath },
        { Csi: { } csi } => identity with { Kind = SecretDrivers.Has(csi.Driver) ? PodVolumeKind.Secret : PodVolumeKind.Csi, Driver = csi.Driver },
        { Nfs: { } nfs } => identity with { Kind = PodVolumeKind.Nfs, Handle = $"{nfs.Server}:{nfs.Path}" },
        { Secret: not null } => identity with { Kind = PodVolumeKind.Secret },
        { ConfigMap: not null } => identity with { Kind = PodVolumeKind.ConfigMap },
        { DownwardAPI: not null } => identity with { Kind = PodVolumeKind.DownwardApi },
        { Projected: not null } => identity with { Kind = PodVolumeKind.Projected },
        { Image: not null } => identity with { Kind = PodVolumeKind.Image },
        { InTreePlugin.Length: > 0 } => identity with { Kind = PodVolumeKind.InTree, Driver = InTreePlugins.DirectoryOf(volume) },
        _ => identity,
    };

    private static PodVolume Persistent(PodVolume identity, PersistentVolumeSpec spec) => spec switch
    {
        { Csi: { } csi } => identity with { Kind = PodVolumeKind.Csi, Driver = csi.Driver, Handle = csi.VolumeHandle },
        { Nfs: { } nfs } => identity with { Kind = PodVolumeKind.Nfs, Handle = $"{nfs.Server}:{nfs.Path}" },
        { Local: not null } => identity with { Kind = PodVolumeKind.Local },
        { HostPath: not null } => identity with { Kind = PodVolumeKind.HostPath },
        { InTreePlugin.Length: > 0 } => identity with { Kind = PodVolumeKind.InTree, Driver = InTreePlugins.DirectoryOf(spec) },
        _ => identity,
    };

    // Only when no container has the volume whole.
    private static string[] SubPaths(Pod pod, string volume)
    {
        string[] paths = [.. pod.Spec.Containers.Concat(pod.Spec.InitContainers)
            .SelectMany(container => container.VolumeMounts)
            .Where(mount => mount.Name == volume)
            .Select(mount => mount.SubPath.Length > 0 ? mount.SubPath : mount.SubPathExpr)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)];
        return paths.Contains("") ? [] : paths[..Math.Min(paths.Length, SubPathsMax)];
    }
}
