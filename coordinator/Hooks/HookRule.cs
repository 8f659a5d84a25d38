using System.IO.Enumeration;

namespace K8sBackup.Coordinator.Hooks;

/// <summary>Commands a plan has run in the pods it fits. The first rule that fits a pod is the one; annotations of the pod win over it.</summary>
/// <param name="Namespaces">Names or patterns with <c>*</c> and <c>?</c>, one of which must fit; empty for every namespace.</param>
/// <param name="Labels">Labels the pod must have.</param>
/// <param name="Before">Commands before the pod's volumes are read.</param>
/// <param name="After">Commands after that.</param>
public sealed record HookRule(
    IReadOnlyList<string> Namespaces, IReadOnlyDictionary<string, string> Labels, IReadOnlyList<HookCommand> Before, IReadOnlyList<HookCommand> After)
{
    public bool Fits(PodDescription pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return (Namespaces.Count == 0 || Namespaces.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, pod.Pod.Namespace, ignoreCase: false)))
            && Labels.All(label => pod.Labels.TryGetValue(label.Key, out string? value) && value == label.Value);
    }
}
