namespace K8sBackup.Coordinator.Coverage;

/// <summary>Something that could be backed up, and what the plans make of it; whether it was, is looked up by its key.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Namespace">Namespace, of claims and volumes of pods.</param>
/// <param name="Name">Name, or path.</param>
/// <param name="Node">Node it is on; empty for none or any.</param>
/// <param name="Verdict">What the plans make of it.</param>
/// <param name="Plan">The plan that says so; empty for none.</param>
/// <param name="Rule">The rule of the plan.</param>
/// <param name="Reason">Why, where it is not taken.</param>
/// <param name="Key">Where its snapshots would be.</param>
public sealed record CoverageSubject(
    CoverageKind Kind, string Namespace, string Name, string Node, CoverageVerdict Verdict, string Plan, string Rule, string Reason, CoverageKey Key);
