namespace K8sBackup.Repository.Repairing;

/// <summary>What was wrong with the small objects beside data and manifests.</summary>
/// <param name="Config">What is wrong with <c>config</c>; null when sound.</param>
/// <param name="State">What is wrong with <c>state</c>; null when sound or not there yet.</param>
/// <param name="Marks">Marks of data keys that are lost or damaged and are made again.</param>
/// <param name="Removed">Damaged records nobody misses: what was read when, marks of no key.</param>
public sealed record ConfigRepairReport(
    RepositoryCorruptException? Config, RepositoryCorruptException? State, IReadOnlyList<string> Marks, IReadOnlyList<string> Removed);
