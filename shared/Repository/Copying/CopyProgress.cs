namespace K8sBackup.Repository.Copying;

/// <summary>How far a copy is.</summary>
/// <param name="Phase">What is being copied: "keys", "packs", "index", "snapshots", "restore points" or "deleting".</param>
/// <param name="Objects">Objects copied so far, of all kinds.</param>
/// <param name="Bytes">Their bytes.</param>
public readonly record struct CopyProgress(string Phase, long Objects, long Bytes);
