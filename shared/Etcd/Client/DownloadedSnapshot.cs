namespace K8sBackup.Etcd.Client;

/// <summary>A snapshot in the spool whose transport was verified (level V1).</summary>
/// <param name="FileBytes">Bytes written: the database and its digest.</param>
/// <param name="DatabaseBytes">Bytes of the database.</param>
/// <param name="Sha256">SHA-256 of the database, lower-case hex.</param>
/// <param name="StorageVersion">Storage version the stream named (3.6 on), else null.</param>
public sealed record DownloadedSnapshot(long FileBytes, long DatabaseBytes, string Sha256, string? StorageVersion);
