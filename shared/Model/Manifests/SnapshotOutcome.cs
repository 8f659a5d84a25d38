using System.Text.Json.Serialization;

namespace K8sBackup.Model.Manifests;

/// <summary>Whether a snapshot or restore point has everything it was asked to have.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SnapshotOutcome>))]
public enum SnapshotOutcome
{
    /// <summary>Everything is there.</summary>
    Completed = 1,

    /// <summary>What is listed as captured is there; some items or sources are not, and are named.</summary>
    PartiallyFailed = 2,
}
