namespace K8sBackup.Etcd.Tests.Support;

/// <summary>Everything a server says of one key.</summary>
internal sealed record StoredKey(string Key, string Value, long CreateRevision, long ModRevision, long Version, long Lease);
