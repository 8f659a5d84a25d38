using K8sBackup.Model.Outcomes;

namespace K8sBackup.Coordinator.Hooks;

/// <summary>Which hooks a pod gets in a run. Pure.</summary>
public static class HookChoice
{
    /// <summary>
    /// The pod's hooks, each phase from its annotations or else from the first rule that fits; null when there are none. Faulty annotations
    /// and unknown containers refuse the pod: its volumes would be read as nobody meant them to be.
    /// </summary>
    public static RunHook? For(PodDescription pod, IReadOnlyList<HookRule> rules)
    {
        ArgumentNullException.ThrowIfNull(pod);
        ArgumentNullException.ThrowIfNull(rules);
        HookRule? rule = rules.FirstOrDefault(r => r.Fits(pod));
        HookCommand? before = HookAnnotations.Read("pre", pod.Annotations, out string? beforeFault);
        HookCommand? after = HookAnnotations.Read("post", pod.Annotations, out string? afterFault);
        RunHook hook = new()
        {
            Pod = pod.Pod,
            Before = before is null ? rule?.Before ?? [] : [before],
            After = after is null ? rule?.After ?? [] : [after],
        };
        string? fault = beforeFault ?? afterFault ?? UnknownContainer(hook, pod);
        if (fault is not null)
        {
            // Nothing was run, so nothing is to be undone.
            Failure failure = new("", "", FailureCause.HookFailed, $"The hooks of pod {pod.Pod} are faulty: {fault}");
            return hook with { Before = [], After = [], State = HookState.Refused, Failure = failure };
        }

        return hook.Before.Count + hook.After.Count == 0 ? null : hook;
    }

    private static string? UnknownContainer(RunHook hook, PodDescription pod)
    {
        string? unknown = hook.Before.Concat(hook.After).Select(c => c.Container).FirstOrDefault(name => name.Length > 0 && !pod.Containers.Contains(name));
        return unknown is null ? null : $"it has no container '{unknown}', only {string.Join(", ", pod.Containers)}.";
    }
}
