namespace K8sBackup.Coordinator.Hooks;

/// <summary>How a pod's commands before or after the backup went.</summary>
/// <param name="Fault">Why it counts as failed; null when it does not.</param>
/// <param name="Notes">What went wrong and does not count, a sentence each.</param>
public sealed record HookReport(string? Fault, IReadOnlyList<string> Notes);
