namespace K8sBackup.Cli.Watching;

/// <summary>What is watched, at one moment.</summary>
internal sealed record WatchFrame(string Title, string State, IReadOnlyList<WatchRow> Rows);
