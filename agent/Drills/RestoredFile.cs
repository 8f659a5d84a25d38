namespace K8sBackup.Agent.Drills;

/// <summary>A file as it came out of the repository; what no piece covers is a hole.</summary>
internal sealed record RestoredFile(byte[] Path, long Size)
{
    public List<RestoredPiece> Pieces { get; } = [];
}
