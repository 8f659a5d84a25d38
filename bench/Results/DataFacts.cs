namespace K8sBackup.Bench.Results;

/// <summary>A data set as it was made.</summary>
internal sealed record DataFacts(string Name, string Description, long Files, long Bytes);
