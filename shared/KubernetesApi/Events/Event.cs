using System.Text.Json.Serialization;
using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.KubernetesApi.Events;

/// <summary>Something that happened to an object (events.k8s.io/v1).</summary>
public sealed record Event : KubernetesObject
{
    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? EventTime { get; init; }

    public string ReportingController { get => field ?? ""; init; }

    public string ReportingInstance { get => field ?? ""; init; }

    /// <summary>What was done, as a word.</summary>
    public string Action { get => field ?? ""; init; }

    /// <summary>Why, as a word.</summary>
    public string Reason { get => field ?? ""; init; }

    /// <summary>Normal or Warning.</summary>
    public string Type { get => field ?? ""; init; }

    /// <summary>A sentence for people.</summary>
    public string Note { get => field ?? ""; init; }

    public ObjectReference? Regarding { get; init; }

    public ObjectReference? Related { get; init; }

    public EventSeries? Series { get; init; }

    public DateTimeOffset? DeprecatedFirstTimestamp { get; init; }

    public DateTimeOffset? DeprecatedLastTimestamp { get; init; }

    public int? DeprecatedCount { get; init; }

    public EventSource? DeprecatedSource { get; init; }
}
