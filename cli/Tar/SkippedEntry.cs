namespace K8sBackup.Cli.Tar;

/// <summary>An entry that is not in the archive as it was.</summary>
internal sealed record SkippedEntry(string Path, string Reason);
