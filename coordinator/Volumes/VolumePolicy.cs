namespace K8sBackup.Coordinator.Volumes;

/// <summary>Which volumes of pods a plan takes. The first that decides wins: an annotation of the pod, a rule, the default.</summary>
/// <param name="TakesClaims">What becomes of a claim's volume that nothing else decides: true is opt-out, false opt-in.</param>
/// <param name="Annotations">Whether annotations of pods are heeded.</param>
/// <param name="Rules">In order.</param>
/// <param name="UnmountedFails">Whether a chosen claim that no running pod mounts fails, or is noted only.</param>
public sealed record VolumePolicy(bool TakesClaims, bool Annotations, IReadOnlyList<VolumeRule> Rules, bool UnmountedFails);
