using K8sBackup.Bench.Accounting;

namespace K8sBackup.Bench.Results;

/// <summary>All samples of one operation on one data set; the keys are the tools' names.</summary>
internal sealed record OperationResult(string DataSet, string Operation, IReadOnlyDictionary<string, List<Sample>> Samples);
