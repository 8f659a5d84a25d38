namespace K8sBackup.Agent.Drills;

/// <summary>A run of bytes of a file as it came out of the repository.</summary>
/// <param name="Offset">Where it begins in the file.</param>
/// <param name="Length">How long it is.</param>
/// <param name="Sha256">What its bytes hash to.</param>
internal sealed record RestoredPiece(long Offset, int Length, byte[] Sha256);
