namespace K8sBackup.Etcd.Snapshots;

/// <summary>What a database will say once its revision is bumped and everything before is compacted.</summary>
/// <param name="KeySpaceHash">HashKV at the bumped revision.</param>
/// <param name="LiveKeys">Distinct live keys, the placeholder with the empty name included.</param>
public readonly record struct BumpPrediction(uint KeySpaceHash, long LiveKeys);
