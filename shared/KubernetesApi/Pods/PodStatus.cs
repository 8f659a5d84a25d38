using System.Text.Json.Serialization;

namespace K8sBackup.KubernetesApi.Pods;

/// <summary>What the pod is now.</summary>
public sealed record PodStatus
{
    /// <summary>Pending, Running, Succeeded, Failed or Unknown.</summary>
    public string Phase { get => field ?? ""; init; }

    public string Reason { get => field ?? ""; init; }

    public string Message { get => field ?? ""; init; }

    [JsonPropertyName("podIP")]
    public string PodIP { get => field ?? ""; init; }

    [JsonPropertyName("hostIP")]
    public string HostIP { get => field ?? ""; init; }

    public DateTimeOffset? StartTime { get; init; }

    public IReadOnlyList<PodCondition> Conditions { get => field ?? []; init; }

    public IReadOnlyList<ContainerStatus> ContainerStatuses { get => field ?? []; init; }

    public IReadOnlyList<ContainerStatus> InitContainerStatuses { get => field ?? []; init; }
}
