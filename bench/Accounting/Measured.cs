namespace K8sBackup.Bench.Accounting;

/// <summary>What a tool reports about one operation.</summary>
internal sealed record Measured(double WallSeconds, IReadOnlyList<ProcessUse> Processes);
