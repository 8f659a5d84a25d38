namespace K8sBackup.Bench.Data;

/// <summary>Made-up data and what is measured on it, in order. The same seed gives the same bytes.</summary>
internal sealed record DataSet
{
    public required string Name { get; init; }

    /// <summary>What it is at scale 1.</summary>
    public required string Description { get; init; }

    /// <summary>Bytes at scale 1, for choosing where it fits.</summary>
    public required long FullBytes { get; init; }

    /// <summary>Fills an empty directory.</summary>
    public required Action<string, double, CancellationToken> Create { get; init; }

    public required IReadOnlyList<Operation> Operations { get; init; }
}
