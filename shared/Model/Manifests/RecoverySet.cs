using System.Text.Json.Serialization;

namespace K8sBackup.Model.Manifests;

/// <summary>Whether the etcd snapshot and the control-plane files of one run fit each other, so that a cluster can be made from them.</summary>
public sealed record RecoverySet
{
    /// <summary>Most sentences of each list.</summary>
    public const int ListedMax = 200;

    /// <summary>The nodes whose files are in it.</summary>
    public required IReadOnlyList<string> Nodes { get; init; }

    /// <summary>What is missing or does not fit, one sentence each; empty when the set is complete.</summary>
    public required IReadOnlyList<string> Missing { get; init; }

    /// <summary>What is worth knowing before it passes: certificates about to expire, and such.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>When the first of its certificates ends; null when there are none.</summary>
    public DateTimeOffset? FirstExpiry { get; init; }

    /// <summary>Which one that is.</summary>
    public string FirstExpiryOf { get; init; } = "";

    [JsonIgnore]
    public bool IsComplete => Missing.Count == 0;
}
