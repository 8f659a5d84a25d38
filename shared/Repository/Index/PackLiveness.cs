namespace K8sBackup.Repository.Index;

/// <summary>How much of a pack is needed, after marking.</summary>
/// <param name="Pack">The pack.</param>
/// <param name="LiveBytes">Plaintext bytes of its live chunks; copies of chunks the index finds elsewhere do not count.</param>
/// <param name="PlainBytes">Plaintext bytes of all its chunks.</param>
/// <param name="IsCondemned">True when a tombstone names it.</param>
internal readonly record struct PackLiveness(IndexedPack Pack, long LiveBytes, long PlainBytes, bool IsCondemned);
