namespace K8sBackup.Coordinator.Hooks;

/// <summary>What hooks are chosen by.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="Annotations">Its annotations.</param>
/// <param name="Containers">Names of its containers, the first one first.</param>
public sealed record PodDescription(
    PodReference Pod, IReadOnlyDictionary<string, string> Labels, IReadOnlyDictionary<string, string> Annotations, IReadOnlyList<string> Containers);
