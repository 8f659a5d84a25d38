using K8sBackup.KubernetesApi.Resources;

namespace K8sBackup.KubernetesApi.Exec;

/// <summary>A command in a container of a running pod.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Container">The container.</param>
/// <param name="Command">Program and arguments, as they are: there is no shell.</param>
public sealed record PodCommand(ResourceName Pod, string Container, IReadOnlyList<string> Command)
{
    /// <summary>For all of it. The kubelet ends what is cut off here by closing its streams; a program that minds neither goes on.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(1);
}
