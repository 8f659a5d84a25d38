using System.Text.Json.Serialization;

namespace K8sBackup.KubernetesApi.Pods;

/// <summary>What a container is now.</summary>
public sealed record ContainerStatus
{
    public string Name { get => field ?? ""; init; }

    public string Image { get => field ?? ""; init; }

    [JsonPropertyName("containerID")]
    public string ContainerID { get => field ?? ""; init; }

    public bool Ready { get; init; }

    public bool? Started { get; init; }

    public int RestartCount { get; init; }

    public ContainerState State { get => field ?? new(); init; }
}
