using K8sBackup.Model.Manifests;

namespace K8sBackup.Coordinator.Dumps;

/// <summary>A pod that can be asked.</summary>
/// <param name="Dump">What is run in it.</param>
/// <param name="Volume">What the snapshot says it is of.</param>
public sealed record DumpSeat(PodDump Dump, PodVolume Volume);
