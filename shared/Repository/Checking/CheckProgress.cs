namespace K8sBackup.Repository.Checking;

/// <summary>How far a check is.</summary>
/// <param name="Phase">What is being checked: "packs", "snapshots" or "restore points".</param>
/// <param name="Done">How many of them are done.</param>
/// <param name="Total">How many there are; 0 while that is not known.</param>
public readonly record struct CheckProgress(string Phase, long Done, long Total);
