namespace K8sBackup.Cli.Inside;

/// <summary>A snapshot file that was written.</summary>
internal sealed record SavedSnapshot(string File, long Bytes, string Sha256, long Revision);
