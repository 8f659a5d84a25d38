namespace K8sBackup.Coordinator.Runs;

/// <summary>What a plan comes to on the nodes known. Notes name rules that could not be met.</summary>
public sealed record ResolvedSources(IReadOnlyList<RunSource> Sources, IReadOnlyList<string> Notes);
