using K8sBackup.Etcd.Bolt;
using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.DataDir;

/// <summary>What a database restored from a snapshot will be, known before anything is written.</summary>
public sealed record DatabaseForecast
{
    // Kubernetes hangs events and nothing else of value on leases; this is how long it keeps them.
    internal const long RegrantedSeconds = 3600;

    /// <summary>The revision whose state is restored.</summary>
    public required long RevisionBefore { get; init; }

    /// <summary>The revision the restored cluster starts with.</summary>
    public required long RevisionAfter { get; init; }

    /// <summary>The compact revision it starts with.</summary>
    public required long CompactRevision { get; init; }

    /// <summary>Distinct live keys; a bump adds one with an empty name.</summary>
    public required long LiveKeys { get; init; }

    /// <summary>HashKV at <see cref="RevisionAfter"/> and <see cref="CompactRevision"/>.</summary>
    public required uint KeySpaceHash { get; init; }

    /// <summary>Changes after <see cref="RevisionBefore"/>, which are left out.</summary>
    public required long EntriesDropped { get; init; }

    /// <summary>Live keys that are left out because they are addresses of API servers.</summary>
    public required long MasterLeases { get; init; }

    /// <summary>Leases to grant again, ascending.</summary>
    public required IReadOnlyList<long> LeasesToGrant { get; init; }

    /// <summary>How the restored database will differ from the snapshot; those that do not apply are left out.</summary>
    public IReadOnlyList<DataDirTransformation> Transformations { get; init; } = [];

    /// <summary>Forecasts on a worker thread; see <see cref="Of"/>.</summary>
    public static Task<DatabaseForecast> OfAsync(
        string path, SnapshotFacts facts, long? revision, long bump, int members, CancellationToken cancellationToken) =>
        Task.Run(
            () =>
            {
                using var source = BoltFile.Open(path);
                return Of(source, facts, revision, bump, members, cancellationToken);
            },
            cancellationToken);

    /// <summary>Reads the key space twice and writes nothing.</summary>
    /// <param name="source">The snapshot.</param>
    /// <param name="facts">What verifying it gave.</param>
    /// <param name="revision">The revision to restore, or null for the newest.</param>
    /// <param name="bump">Revisions to jump ahead; 0 leaves the key space exactly as it was.</param>
    /// <param name="members">Members of the new cluster.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="DataDirException">The snapshot does not have that revision, or it cannot be bumped.</exception>
    /// <exception cref="CorruptDatabaseException">The snapshot's database is damaged.</exception>
    public static DatabaseForecast Of(
        BoltFile source, SnapshotFacts facts, long? revision, long bump, int members, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentOutOfRangeException.ThrowIfNegative(bump);
        var forecast = new DatabaseForecaster(source, facts, revision, bump).Forecast(cancellationToken);
        return forecast with { Transformations = DataDirTransformation.ListOf(facts, forecast, members) };
    }
}
