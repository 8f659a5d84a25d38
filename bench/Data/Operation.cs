namespace K8sBackup.Bench.Data;

/// <summary>Something both tools do.</summary>
internal sealed record Operation(string Name, OperationKind Kind)
{
    /// <summary>Done to the data once before both tools, unmeasured; the number is the round.</summary>
    public Action<string, int>? Change { get; init; }
}
