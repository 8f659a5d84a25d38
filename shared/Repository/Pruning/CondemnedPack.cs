using K8sBackup.Repository.Format;

namespace K8sBackup.Repository.Pruning;

/// <summary>A pack in a tombstone.</summary>
/// <param name="Id">The pack.</param>
/// <param name="Bytes">Its length.</param>
internal readonly record struct CondemnedPack(ObjectId Id, long Bytes);
