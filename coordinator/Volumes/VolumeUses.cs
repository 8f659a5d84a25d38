using K8sBackup.KubernetesApi.Pods;
using K8sBackup.KubernetesApi.Volumes;

namespace K8sBackup.Coordinator.Volumes;

/// <summary>Lists every volume of every pod, and every claim that no pod has. Pure; the order is by namespace, pod and volume.</summary>
public static class VolumeUses
{
    // A static pod's directory has this name, and not the UID of its mirror in the API.
    private const string StaticPodHash = "kubernetes.io/config.hash";
    private const string Mirror = "kubernetes.io/config.mirror";

    public static IReadOnlyList<VolumeUse> Of(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        VolumeFacts facts = new(state);
        List<VolumeUse> uses = [];
        HashSet<string> used = [];
        HashSet<string> uids = [.. state.Pods.Select(p => p.Metadata.Uid)];
        foreach (Pod pod in state.Pods.Where(p => !IsOver(p)).OrderBy(p => p.Metadata.Namespace, StringComparer.Ordinal).ThenBy(p => p.Metadata.Name, StringComparer.Ordinal))
        {
            foreach (PodVolume volume in pod.Spec.Volumes.OrderBy(v => v.Name, StringComparer.Ordinal))
            {
                VolumeUse use = Described(facts.Describe(pod, volume), pod, uids);
                used.Add(use.Volume.ClaimUid);
                uses.Add(use);
            }
        }

        foreach (PersistentVolumeClaim claim in state.Claims.Where(c => !used.Contains(c.Metadata.Uid))
            .OrderBy(c => c.Metadata.Namespace, StringComparer.Ordinal).ThenBy(c => c.Metadata.Name, StringComparer.Ordinal))
        {
            uses.Add(facts.Describe(claim));
        }

        return uses;
    }

    // Its volumes are unmounted; scratch space is gone.
    private static bool IsOver(Pod pod) => pod.Status.Phase is "Succeeded" or "Failed";

    // Anybody who may make a pod may annotate it, and must not get at another pod's directory so: that is named by its UID.
    private static string DirectoryOf(Pod pod, HashSet<string> uids) =>
        pod.Metadata.Annotations.ContainsKey(Mirror) && pod.Metadata.Annotations.GetValueOrDefault(StaticPodHash, "") is { } hash && !uids.Contains(hash) ? hash : "";

    private static VolumeUse Described(VolumeUse use, Pod pod, HashSet<string> uids) => use with
    {
        Node = pod.Spec.NodeName,
        IsRunning = pod.Status.Phase == "Running" && pod.Spec.NodeName.Length > 0,
        PodDirectory = DirectoryOf(pod, uids),
        PodLabels = pod.Metadata.Labels,
        PodAnnotations = pod.Metadata.Annotations,
    };
}
