using System.Text.Json.Serialization;
using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.KubernetesApi.Events;

/// <summary>How often the same happened again.</summary>
public sealed record EventSeries
{
    public int Count { get; init; }

    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? LastObservedTime { get; init; }
}
