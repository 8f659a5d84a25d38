namespace K8sBackup.Repository.Repairing;

/// <summary>What was wrong with the two small objects every repository has once.</summary>
/// <param name="Config">What is wrong with <c>config</c>; null when sound.</param>
/// <param name="State">What is wrong with <c>state</c>; null when sound or not there yet.</param>
public sealed record ConfigRepairReport(RepositoryCorruptException? Config, RepositoryCorruptException? State);
