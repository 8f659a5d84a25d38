using System.Collections.ObjectModel;
using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>What it got.</summary>
public sealed record PersistentVolumeClaimStatus
{
    /// <summary>Pending, Bound or Lost.</summary>
    public string Phase { get => field ?? ""; init; }

    public IReadOnlyList<string> AccessModes { get => field ?? []; init; }

    public IReadOnlyDictionary<string, Quantity> Capacity { get => field ?? ReadOnlyDictionary<string, Quantity>.Empty; init; }
}
