namespace K8sBackup.Repository.Pruning;

/// <summary>A tombstone as this writer knows it.</summary>
/// <param name="Tombstone">What is stored.</param>
/// <param name="At">From when on its packs are hidden, in the writer's order of events.</param>
/// <param name="LearnedAt">When the writer learned of it, on the monotonic clock.</param>
internal sealed record KnownTombstone(Tombstone Tombstone, long At, long LearnedAt);
