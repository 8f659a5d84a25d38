using K8sBackup.Coordinator.Volumes;

namespace K8sBackup.Coordinator.Restores;

/// <summary>A volume a restore goes into.</summary>
/// <param name="Use">The running pod that has it, and its node.</param>
/// <param name="IsOwn">True when the snapshot is of this very volume.</param>
public sealed record VolumeTarget(VolumeUse Use, bool IsOwn);
