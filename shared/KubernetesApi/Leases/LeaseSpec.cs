using System.Text.Json.Serialization;
using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.KubernetesApi.Leases;

/// <summary>Holder and times of a lease. The times are by the holder's clock, so nobody else compares them with their own.</summary>
public sealed record LeaseSpec
{
    public string? HolderIdentity { get; init; }

    public int? LeaseDurationSeconds { get; init; }

    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? AcquireTime { get; init; }

    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? RenewTime { get; init; }

    public int? LeaseTransitions { get; init; }

    public string? Strategy { get; init; }

    public string? PreferredHolder { get; init; }
}
