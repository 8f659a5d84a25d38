using System.Collections.Concurrent;
using K8sBackup.Coordinator.OperatorApi;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Coordinator.Tests.Hosting;

/// <summary>The repository's side in memory: snapshots a test declares committed, restore points it may refuse.</summary>
internal sealed class FakeRepository : ISnapshotLookup, IRestorePointSink, IRepositoryFacts
{
    private readonly ConcurrentDictionary<(RunId, SourceKey), SnapshotManifest> _snapshots = new();
    private int _refusals;

    public ConcurrentQueue<RestorePointManifest> Points { get; } = new();

    public string Store => "memory";

    public long Objects => 3;

    public long Chunks => _snapshots.Count;

    /// <summary>Why nothing is kept; null when it is.</summary>
    public string? KeepsNot { get; set; }

    public ConcurrentQueue<(IReadOnlyCollection<SnapshotId> Snapshots, RestorePointId? Point, TimeSpan Time)> Kept { get; } = new();

    public void RefuseCommits(int times) => _refusals = times;

    public SnapshotManifest Commit(RunId run, SourceKey source, SnapshotOutcome outcome = SnapshotOutcome.Completed, EtcdEvidence? etcd = null)
    {
        SnapshotManifest manifest = new()
        {
            Id = SnapshotId.Create(TimeProvider.System),
            Cluster = "prod",
            Source = source,
            Run = run,
            Plan = "nightly",
            StartedAt = DateTimeOffset.UnixEpoch,
            FinishedAt = DateTimeOffset.UnixEpoch,
            Root = ChunkId.Of([1]),
            ChunkList = [],
            Chunks = 0,
            Counts = new SnapshotCounts { Files = 7 },
            Outcome = outcome,
            Etcd = etcd,
        };
        _snapshots[(run, source)] = manifest;
        return manifest;
    }

    public Task<SnapshotManifest?> FindAsync(RunId run, SourceKey source, CancellationToken cancellationToken) =>
        Task.FromResult(_snapshots.GetValueOrDefault((run, source)));

    public Task CommitAsync(RestorePointManifest manifest, CancellationToken cancellationToken)
    {
        if (Interlocked.Decrement(ref _refusals) >= 0)
        {
            throw new BackupException(FailureCause.StoreUnavailable, "The store does not answer.");
        }

        if (Points.All(p => p.Id != manifest.Id))
        {
            Points.Enqueue(manifest);
        }

        return Task.CompletedTask;
    }

    public Task KeepAsync(IReadOnlyCollection<SnapshotId> snapshots, RestorePointId? point, TimeSpan time, CancellationToken cancellationToken)
    {
        Kept.Enqueue(KeepsNot is null ? (snapshots, point, time) : throw new BackupException(FailureCause.StoreUnavailable, KeepsNot));
        return Task.CompletedTask;
    }
}
