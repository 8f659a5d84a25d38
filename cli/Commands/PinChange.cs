namespace K8sBackup.Cli.Commands;

/// <summary>What became of a pin.</summary>
/// <param name="PointId">The restore point.</param>
/// <param name="Pinned">True when it is pinned now.</param>
/// <param name="Changed">False when it was so before.</param>
internal sealed record PinChange(string PointId, bool Pinned, bool Changed);
