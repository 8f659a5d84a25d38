using K8sBackup.Coordinator.Volumes;
using K8sBackup.KubernetesApi.Cluster;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Pods;
using K8sBackup.KubernetesApi.Volumes;

namespace K8sBackup.Coordinator.Tests.Volumes;

/// <summary>A cluster in the words of its API, as small as a test wants it.</summary>
internal sealed class TestCluster : IClusterView
{
    private readonly List<Pod> _pods = [];
    private readonly List<PersistentVolumeClaim> _claims = [];
    private readonly List<PersistentVolume> _volumes = [];

    public ClusterState State => new()
    {
        Pods = _pods,
        Claims = _claims,
        Volumes = _volumes,
        Namespaces = [.. _pods.Select(p => p.Metadata.Namespace).Concat(_claims.Select(c => c.Metadata.Namespace)).Distinct()
            .Select(name => new Namespace { Metadata = new ObjectMeta { Name = name, Labels = new Dictionary<string, string> { ["ns"] = name } } })],
        Nodes = [.. _pods.Select(p => p.Spec.NodeName).Where(n => n.Length > 0).Distinct()],
        Age = Age,
    };

    public ClusterState? Current => IsKnown ? State : null;

    public bool IsKnown { get; set; } = true;

    public TimeSpan Age { get; set; }

    /// <summary>A claim with its persistent volume.</summary>
    public TestCluster Claim(string ns, string name, string uid = "", PersistentVolumeSpec? spec = null, string storageClass = "fast", string size = "1Gi", string mode = "")
    {
        uid = uid.Length > 0 ? uid : $"c-{ns}-{name}";
        string volume = $"pvc-{uid}";
        _claims.Add(new PersistentVolumeClaim
        {
            Metadata = new ObjectMeta { Namespace = ns, Name = name, Uid = uid, Labels = new Dictionary<string, string> { ["claim"] = name } },
            Spec = new PersistentVolumeClaimSpec { VolumeName = volume, StorageClassName = storageClass, VolumeMode = mode },
            Status = new PersistentVolumeClaimStatus { Phase = "Bound", Capacity = new Dictionary<string, Quantity> { ["storage"] = Quantity.Parse(size) } },
        });
        _volumes.Add(new PersistentVolume
        {
            Metadata = new ObjectMeta { Name = volume, Uid = $"v-{uid}" },
            Spec = (spec ?? new PersistentVolumeSpec { Csi = new CsiVolume { Driver = "csi.example", VolumeHandle = $"h-{uid}" } }) with
            {
                ClaimRef = new ObjectReference { Uid = uid },
            },
        });
        return this;
    }

    public TestCluster UnboundClaim(string ns, string name)
    {
        _claims.Add(new PersistentVolumeClaim
        {
            Metadata = new ObjectMeta { Namespace = ns, Name = name, Uid = $"c-{ns}-{name}" },
            Status = new PersistentVolumeClaimStatus { Phase = "Pending" },
        });
        return this;
    }

    /// <summary>Somebody deleted the pod, and it takes its time to end.</summary>
    public TestCluster Leaving(string pod)
    {
        int index = _pods.FindIndex(p => p.Metadata.Name == pod);
        _pods[index] = _pods[index] with { Metadata = _pods[index].Metadata with { DeletionTimestamp = DateTimeOffset.UnixEpoch } };
        return this;
    }

    public TestCluster WithoutClaim(string claim)
    {
        _claims.RemoveAll(c => c.Metadata.Name == claim);
        return this;
    }

    public TestCluster WithoutPod(string pod)
    {
        _pods.RemoveAll(p => p.Metadata.Name == pod);
        return this;
    }

    public TestCluster Forget(string persistentVolume)
    {
        _volumes.RemoveAll(volume => volume.Metadata.Name == persistentVolume);
        return this;
    }

    public TestCluster Pod(string ns, string name, string node, params PodVolume[] volumes) => Pod(ns, name, node, null, "Running", volumes);

    public TestCluster Pod(string ns, string name, string node, IReadOnlyDictionary<string, string>? annotations, string phase, params PodVolume[] volumes)
    {
        _pods.Add(new Pod
        {
            Metadata = new ObjectMeta
            {
                Namespace = ns,
                Name = name,
                Uid = $"p-{ns}-{name}",
                Labels = new Dictionary<string, string> { ["app"] = name },
                Annotations = annotations ?? new Dictionary<string, string>(),
            },
            Spec = new PodSpec { NodeName = node, Volumes = volumes },
            Status = new PodStatus { Phase = phase },
        });
        return this;
    }

    public TestCluster Add(Pod pod)
    {
        _pods.Add(pod);
        return this;
    }

    public static PodVolume Claimed(string volume, string claim) => new() { Name = volume, PersistentVolumeClaim = new ClaimVolume { ClaimName = claim } };

    public static PodVolume Empty(string volume) => new() { Name = volume, EmptyDir = new EmptyDirVolume() };

    public static PodVolume Host(string volume, string path, string type = "") => new() { Name = volume, HostPath = new HostPathVolume { Path = path, Type = type } };
}
