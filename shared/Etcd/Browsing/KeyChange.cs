using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.Browsing;

/// <summary>One change of one key, as the history in a snapshot has it.</summary>
/// <param name="Key">The key.</param>
/// <param name="Revision">When it changed.</param>
/// <param name="Record">What it became; null when it was deleted.</param>
public sealed record KeyChange(ReadOnlyMemory<byte> Key, Revision Revision, KeyRecord? Record);
