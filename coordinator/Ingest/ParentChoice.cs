using System.Collections.Concurrent;
using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Writing;

namespace K8sBackup.Coordinator.Ingest;

/// <summary>
/// Chooses the parent of a piece of work once, so that what the agent reads and what it may reference are the same
/// snapshot, whatever another run commits meanwhile. A snapshot of which the manifest or anything it needs is damaged is no
/// parent: the source is then read as if for the first time. Thread-safe.
/// </summary>
internal sealed class ParentChoice
{
    private readonly UploadServices _services;
    private readonly ConcurrentDictionary<string, SnapshotId?> _chosen = new(StringComparer.Ordinal);

    public ParentChoice(UploadServices services) => _services = services;

    /// <summary>The parent for an upload, which keeps it from being deleted. One that a prune deletes just then is none.</summary>
    public async Task<SnapshotManifest?> OfAsync(WorkItem item, WriterSession uploading, CancellationToken cancellationToken)
    {
        SnapshotManifest? parent = await OfAsync(item, cancellationToken);
        if (parent is null || !uploading.TryHold(parent.Id))
        {
            return null;
        }

        // Read again now that it is held: it may have gone in between.
        return await _services.Snapshots.ReadAsync(parent.Id, cancellationToken);
    }

    public async Task<SnapshotManifest?> OfAsync(WorkItem item, CancellationToken cancellationToken)
    {
        if (_chosen.TryGetValue(item.WorkId, out SnapshotId? known))
        {
            return known is { } id ? await _services.Snapshots.ReadAsync(id, cancellationToken) : null;
        }

        SnapshotManifest? parent = await ChooseAsync(item.Source, cancellationToken);
        if (_chosen.TryAdd(item.WorkId, parent?.Id))
        {
            _ = item.Completion.ContinueWith(
                _ => _chosen.TryRemove(item.WorkId, out SnapshotId? _),
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }

        return parent;
    }

    /// <summary>What was chosen turned out to be of no use: the next attempt chooses again.</summary>
    public void Forget(WorkItem item) => _chosen.TryRemove(item.WorkId, out SnapshotId? _);

    private async Task<SnapshotManifest?> ChooseAsync(SourceKey source, CancellationToken cancellationToken)
    {
        try
        {
            SnapshotManifest? latest = await _services.Snapshots.LatestAsync(source, cancellationToken);
            if (latest is null)
            {
                return null;
            }

            using RepositoryLease lease = _services.Access.Enter();
            using WriterSession now = lease.Writer.BeginUpload();
            await foreach (ChunkId chunk in ChunkListReader.ReadAsync(new ChunkReader(lease.Repository, 0), latest, cancellationToken))
            {
                // No snapshot can refer to such a chunk until the agent sends it again.
                if (!now.MayRefer(chunk))
                {
                    IngestLog.ParentUnusable(_services.Log, latest.Id.ToString(), source.ToString(), $"chunk {chunk} is lost, condemned or in a damaged pack");
                    return null;
                }
            }

            return latest;
        }
        catch (Exception e) when (e is BackupException { Failure.Cause: FailureCause.StoreCorrupt } or Repository.RepositoryCorruptException)
        {
            IngestLog.ParentUnusable(_services.Log, "latest", source.ToString(), e.Message);
            return null;
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw StoreFailures.ToBackupException(e);
        }
    }
}
