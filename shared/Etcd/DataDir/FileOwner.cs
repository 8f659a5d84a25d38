namespace K8sBackup.Etcd.DataDir;

/// <summary>Numeric owner the files of the data-dir get; a rootless etcd runs as another user than root.</summary>
/// <param name="Uid">User id.</param>
/// <param name="Gid">Group id.</param>
public sealed record FileOwner(uint Uid, uint Gid);
