namespace K8sBackup.Bench.Data;

/// <summary>Something every tool does.</summary>
internal sealed record Operation(string Name, OperationKind Kind)
{
    /// <summary>Done to the data once before all tools, unmeasured; the number is the round.</summary>
    public Action<string, int>? Change { get; init; }
}
