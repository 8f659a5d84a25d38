namespace K8sBackup.Agent.ControlPlaneFiles;

/// <summary>What discovery found.</summary>
/// <param name="Paths">Everything to take, sorted by path, each once; what lies below another is left out.</param>
/// <param name="Missing">What should be there and is not, or could not be understood; one line each.</param>
internal sealed record ControlPlaneInventory(IReadOnlyList<string> Paths, IReadOnlyList<string> Missing);
