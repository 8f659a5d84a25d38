namespace K8sBackup.Repository.Pruning;

/// <summary>One thing that kept a prune from doing all it would.</summary>
/// <param name="Kind">The cause programs act on.</param>
/// <param name="Detail">The cause in words.</param>
public sealed record PruneObstacle(PruneObstacleKind Kind, string Detail);
