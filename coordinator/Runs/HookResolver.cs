using K8sBackup.Coordinator.Hooks;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Volumes;
using K8sBackup.KubernetesApi.Pods;

namespace K8sBackup.Coordinator.Runs;

/// <summary>Finds the hooks of the pods whose volumes a run reads.</summary>
internal static class HookResolver
{
    /// <summary>One entry for each pod that has hooks, those of substitutes too: they are over at once when they are not needed.</summary>
    public static IReadOnlyList<RunHook> Resolve(BackupPlan plan, IReadOnlyList<RunSource> sources, ClusterState? cluster)
    {
        HashSet<string> wanted = [.. sources.Concat(sources.SelectMany(s => s.Substitutes)).Where(s => !s.IsOver).Select(s => s.PodUid).OfType<string>()];
        return wanted.Count == 0 || cluster is null
            ? []
            : [.. cluster.Pods.Where(pod => wanted.Contains(pod.Metadata.Uid)).Select(pod => HookChoice.For(Describe(pod), plan.Hooks)).OfType<RunHook>()];
    }

    private static PodDescription Describe(Pod pod) => new(
        new PodReference(pod.Metadata.Namespace, pod.Metadata.Name, pod.Metadata.Uid),
        pod.Metadata.Labels,
        pod.Metadata.Annotations,
        [.. pod.Spec.Containers.Select(c => c.Name), .. pod.Spec.InitContainers.Select(c => c.Name)]);
}
