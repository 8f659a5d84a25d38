namespace K8sBackup.Cli.Downloads;

/// <summary>An entry that is not in the archive as it was.</summary>
internal sealed record SkippedEntry(string Path, string Reason);
