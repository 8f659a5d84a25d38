namespace K8sBackup.Bench.Results;

/// <summary>Everything one run of the benchmark found, as it is written to the file of results.</summary>
internal sealed record BenchResult
{
    public required DateTimeOffset StartedAt { get; init; }

    public required double Scale { get; init; }

    public required int Rounds { get; init; }

    public required Machine Machine { get; init; }

    public required IReadOnlyList<DataFacts> Data { get; init; }

    public required IReadOnlyList<OperationResult> Operations { get; init; }
}
