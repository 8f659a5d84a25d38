namespace K8sBackup.Etcd.Bolt;

/// <summary>What a structural walk saw.</summary>
/// <param name="Buckets">Buckets at every level, without the root bucket.</param>
/// <param name="Entries">Entries that are not buckets.</param>
/// <param name="PagesUsed">Pages reached from the meta page, with overflow and freelist pages.</param>
/// <param name="PagesFree">Pages named by a freelist kept on disk; 0 when there is none.</param>
public sealed record BoltWalkReport(long Buckets, long Entries, long PagesUsed, long PagesFree);
