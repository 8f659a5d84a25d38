using K8sBackup.Model.Manifests;

namespace K8sBackup.Coordinator.Volumes;

/// <summary>What a plan makes of one volume, however many pods use it.</summary>
/// <param name="SourceName">Name of the source.</param>
/// <param name="State">What becomes of it.</param>
/// <param name="Rule">The rule that decided.</param>
/// <param name="Reason">Why it cannot be read; empty when it can.</param>
/// <param name="Volume">What it is.</param>
/// <param name="Seats">Where it can be read: once, by the first of them, and by the next when that one fails. Empty unless it is chosen.</param>
public sealed record VolumeDecision(string SourceName, VolumeState State, string Rule, string Reason, PodVolume Volume, IReadOnlyList<VolumeUse> Seats)
{
    /// <summary>A node it is or was on; empty when there is none.</summary>
    public string Node { get; init; } = "";

    /// <summary>Path on the node, of hostPath volumes.</summary>
    public string HostPath { get; init; } = "";

    /// <summary>True when all who have it are static pods or pods of this product: parts of the node that are taken as such, or are nobody's data.</summary>
    public bool IsOfTheSystem { get; init; }

    /// <summary>True when nothing is in the way but that no running pod has it.</summary>
    public bool IsUnmounted { get; init; }
}
