namespace K8sBackup.Model.Manifests;

/// <summary>The rules of a walk, and what they left out: so that nothing is missing in a snapshot without a word.</summary>
/// <param name="Rules">The rules.</param>
/// <param name="Excluded">Those that left something out, each once.</param>
public sealed record Exclusions(ExcludeRules Rules, IReadOnlyList<Excluded> Excluded);
