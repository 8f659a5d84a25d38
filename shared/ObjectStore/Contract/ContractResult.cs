namespace K8sBackup.ObjectStore.Contract;

/// <summary>How a check ended.</summary>
/// <param name="Check">The check.</param>
/// <param name="Fault">What the store did instead of what is promised; null when it kept the promise.</param>
/// <param name="Duration">How long it took.</param>
public sealed record ContractResult(ContractCheck Check, string? Fault, TimeSpan Duration);
