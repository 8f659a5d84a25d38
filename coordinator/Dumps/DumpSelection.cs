using K8sBackup.Coordinator.Hooks;
using K8sBackup.Coordinator.Volumes;
using K8sBackup.KubernetesApi.Pods;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using PodVolume = K8sBackup.Model.Manifests.PodVolume;

namespace K8sBackup.Coordinator.Dumps;

/// <summary>Finds what a plan dumps: the pods that fit, by what their history is bound to, with the command for each. Pure.</summary>
public static class DumpSelection
{
    /// <param name="state">The cluster.</param>
    /// <param name="name">Name of the plan's source.</param>
    /// <param name="policy">The plan's wishes.</param>
    /// <param name="isWanted">Whether the plan is for that node.</param>
    public static IReadOnlyList<DumpDecision> Decide(ClusterState state, string name, DumpPolicy policy, Func<string, bool> isWanted)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(isWanted);
        return [.. Fitting(state, policy)
            .Where(pod => pod.Spec.NodeName.Length == 0 || isWanted(pod.Spec.NodeName))
            .GroupBy(pod => DumpOwner.Of(pod, policy.OneOfOwner))
            .OrderBy(group => group.Key.SourceName(name), StringComparer.Ordinal)
            .Select(group => Decide(group.Key, name, policy, [.. group.OrderByDescending(IsReady).ThenBy(pod => pod.Metadata.Name, StringComparer.Ordinal)]))];
    }

    /// <summary>The pods the policy is for, those that cannot be asked just now among them, and not those that are over.</summary>
    public static IEnumerable<Pod> Fitting(ClusterState state, DumpPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(policy);
        return state.Pods.Where(pod => pod.Status.Phase is not ("Succeeded" or "Failed") && policy.Fits(pod)
            && (policy.Command is not null || DumpAnnotations.AreOn(pod.Metadata.Annotations)));
    }

    private static DumpDecision Decide(DumpOwner owner, string name, DumpPolicy policy, Pod[] pods)
    {
        List<DumpSeat> seats = [];
        (FailureCause Cause, string Reason)? first = null;
        foreach (Pod pod in pods)
        {
            if (Obstacle(pod, policy, out DumpCommand? command) is { } obstacle)
            {
                first ??= obstacle;
            }
            else
            {
                PodReference reference = new(pod.Metadata.Namespace, pod.Metadata.Name, pod.Metadata.Uid);
                seats.Add(new DumpSeat(new PodDump(reference, command!.Command, command.File, policy.ErrorFails), Identity(pod, name)));
            }
        }

        return seats.Count > 0
            ? new DumpDecision(owner.SourceName(name), owner.Name, seats, seats[0].Volume, FailureCause.Unspecified, "")
            : new DumpDecision(owner.SourceName(name), owner.Name, seats, Identity(pods[0], name), first!.Value.Cause, first.Value.Reason);
    }

    private static (FailureCause Cause, string Reason)? Obstacle(Pod pod, DumpPolicy policy, out DumpCommand? command)
    {
        string what = $"{pod.Metadata.Namespace}/{pod.Metadata.Name}";
        string fault = "";
        command = policy.Command ?? DumpAnnotations.Read(pod.Metadata.Annotations, out fault);
        if (command is null)
        {
            return (FailureCause.HookFailed, $"The annotations of pod {what} are faulty: {fault}");
        }

        if (pod.Metadata.DeletionTimestamp is not null || pod.Status.Phase != "Running")
        {
            string state = pod.Metadata.DeletionTimestamp is null ? pod.Status.Phase : "being deleted";
            return (FailureCause.SourceMissing, $"The pod {what} does not run ({(state.Length > 0 ? state : "no phase")}).");
        }

        string container = command.Command.Container;
        string[] containers = [.. pod.Spec.Containers.Select(c => c.Name), .. pod.Spec.InitContainers.Select(c => c.Name)];
        return container.Length == 0 || containers.Contains(container, StringComparer.Ordinal)
            ? null
            : (FailureCause.HookFailed, $"The pod {what} has no container '{container}', only {string.Join(", ", containers)}.");
    }

    private static bool IsReady(Pod pod) => pod.Status.Conditions.Any(condition => condition is { Type: "Ready", Status: "True" });

    private static PodVolume Identity(Pod pod, string name) => new()
    {
        Namespace = pod.Metadata.Namespace,
        Pod = pod.Metadata.Name,
        PodUid = pod.Metadata.Uid,
        Volume = name,
        Kind = PodVolumeKind.CommandOutput,
        Rule = name,
    };
}
