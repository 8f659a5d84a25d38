namespace K8sBackup.Coordinator.Runs;

/// <summary>What a plan comes to on the nodes known. Notes name rules that could not be met; remarks are what people should know besides.</summary>
public sealed record ResolvedSources(IReadOnlyList<RunSource> Sources, IReadOnlyList<string> Notes)
{
    public IReadOnlyList<string> Remarks { get; init; } = [];
}
