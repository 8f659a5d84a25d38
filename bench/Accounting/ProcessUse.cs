namespace K8sBackup.Bench.Accounting;

/// <summary>What one process used for one operation.</summary>
internal sealed record ProcessUse(string Program, double CpuSeconds, long PeakBytes);
