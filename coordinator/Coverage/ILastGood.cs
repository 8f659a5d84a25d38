namespace K8sBackup.Coordinator.Coverage;

/// <summary>Looks for the newest complete snapshots of things.</summary>
public interface ILastGood
{
    /// <summary>Those of the keys that have one.</summary>
    /// <exception cref="Model.Outcomes.BackupException">The store cannot be read.</exception>
    Task<IReadOnlyDictionary<CoverageKey, LastGood>> FindAsync(IReadOnlyCollection<CoverageKey> keys, CancellationToken cancellationToken);
}
