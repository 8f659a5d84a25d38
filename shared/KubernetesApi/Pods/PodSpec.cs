using System.Collections.ObjectModel;
using System.Text.Json.Serialization;

namespace K8sBackup.KubernetesApi.Pods;

/// <summary>What the pod is to be.</summary>
public sealed record PodSpec
{
    /// <summary>Empty until it is scheduled.</summary>
    public string NodeName { get => field ?? ""; init; }

    public string ServiceAccountName { get => field ?? ""; init; }

    public string RestartPolicy { get => field ?? ""; init; }

    public bool HostNetwork { get; init; }

    [JsonPropertyName("hostPID")]
    public bool HostPID { get; init; }

    public IReadOnlyList<Container> Containers { get => field ?? []; init; }

    public IReadOnlyList<Container> InitContainers { get => field ?? []; init; }

    public IReadOnlyList<PodVolume> Volumes { get => field ?? []; init; }

    public IReadOnlyDictionary<string, string> NodeSelector { get => field ?? ReadOnlyDictionary<string, string>.Empty; init; }
}
