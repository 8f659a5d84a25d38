using System.Security.Cryptography;
using Grpc.Core;
using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Trees;
using K8sBackup.Repository;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Writing;
using K8sBackup.Transport.Mapping;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Ingest;

/// <summary>
/// From Finish to a committed snapshot: what the upload may reference, the tree read back, the facts of the agent
/// checked against it, the chunk list, the manifest. Memory: 32 bytes for each chunk of the work and of the parent,
/// a few trees at a time.
/// </summary>
internal sealed class SnapshotCommit : IDisposable
{
    private const int CacheBytes = 8 << 20;

    private readonly UploadServices _services;
    private readonly ParentChoice _parents;
    private readonly SemaphoreSlim _verifications;

    public SnapshotCommit(UploadServices services, ParentChoice parents)
    {
        _services = services;
        _parents = parents;
        _verifications = new SemaphoreSlim(services.Limits.VerificationsMax, services.Limits.VerificationsMax);
    }

    /// <summary>Everything the upload sent is durable and in the ledger before this is called.</summary>
    public async Task<SnapshotManifest> CommitAsync(
        WorkItem item,
        RepositoryLease lease,
        WriterSession uploading,
        UploadLedger ledger,
        Wire.Finish finish,
        TransferredBytes bytes,
        CancellationToken cancellationToken)
    {
        await _verifications.WaitAsync(cancellationToken);
        // Sent, and nothing of it was new: then nothing was written, and whoever waits for the answer could tell.
        bool showsWhatOthersHave = bytes is { Sent: > 0, Stored: 0 };
        try
        {
            ReportedFacts facts = ReportedFacts.Read(finish, item.Source);
            SnapshotManifest? parent = await ParentAsync(item, facts.Parent, cancellationToken);
            (ChunkIdSet allowed, bool isOfParent) = await AllowedAsync(lease.Repository, ledger, parent, cancellationToken);
            if (showsWhatOthersHave && !isOfParent)
            {
                await WriteSomethingAsync(lease, cancellationToken);
            }

            showsWhatOthersHave = false;
            OwnedChunks chunks = new(new ChunkReader(lease.Repository, CacheBytes), allowed);
            VerifiedTree tree = await VerifyAsync(item.Source, lease.Repository, chunks, facts, cancellationToken);
            ChunkList list = await StoreListAsync(lease.Writer, chunks, cancellationToken);
            SnapshotManifest manifest = Manifest(item, facts, parent, tree, list, bytes);

            // From here on nothing is cancelled: the writer would be used up, and the answer be wrong.
            cancellationToken.ThrowIfCancellationRequested();
            return await PublishAsync(item, lease.Writer, uploading, manifest);
        }
        catch (RpcException) when (showsWhatOthersHave)
        {
            await WriteSomethingAsync(lease, cancellationToken);
            throw;
        }
        finally
        {
            _verifications.Release();
        }
    }

    public void Dispose() => _verifications.Dispose();

    // The same objects as for a chunk that was new: a pack, and the segment that lists it. A prune takes them away again.
    private static async Task WriteSomethingAsync(RepositoryLease lease, CancellationToken cancellationToken)
    {
        await lease.Writer.AddAsync(RandomNumberGenerator.GetBytes(ChunkId.Bytes), cancellationToken);
        await lease.Flush.FlushAsync(cancellationToken);
    }

    // What may be referenced, and whether the parent had all that was sent, as when nothing has changed.
    private static async Task<(ChunkIdSet Allowed, bool IsOfParent)> AllowedAsync(
        OpenRepository repository, UploadLedger ledger, SnapshotManifest? parent, CancellationToken cancellationToken)
    {
        ChunkIdSet allowed = new();
        await foreach (ReadOnlyMemory<byte> block in ledger.ReadAsync(cancellationToken))
        {
            allowed.AddPacked(block.Span);
        }

        long inParent = 0;
        if (parent is not null)
        {
            await foreach (ChunkId id in ChunkListReader.ReadAsync(new ChunkReader(repository, 0), parent, cancellationToken))
            {
                allowed.Add(id);
                inParent++;
            }
        }

        // Ids are unique in the list: what both have counts once.
        allowed.Seal();
        return (allowed, allowed.Count == inParent);
    }

    private static async Task<ChunkList> StoreListAsync(RepositoryWriter writer, OwnedChunks chunks, CancellationToken cancellationToken)
    {
        using ChunkListBuilder builder = new();
        foreach (ChunkId id in chunks.Referenced())
        {
            builder.Add(id);
        }

        return await builder.FinishAsync(writer, cancellationToken);
    }

    // The agent may say which of its earlier snapshots it compared with; whose it is decides, not what it says.
    private async Task<SnapshotManifest?> ParentAsync(WorkItem item, SnapshotId? named, CancellationToken cancellationToken)
    {
        if (named is not { } id)
        {
            return null;
        }

        SnapshotManifest? parent = await _services.Snapshots.ReadAsync(id, cancellationToken);
        return parent?.Source == item.Source
            ? parent
            : throw UploadRefusal.NotCommittable(item.Source, "The parent is not an earlier snapshot of this source.");
    }

    private async Task<VerifiedTree> VerifyAsync(
        SourceKey source, OpenRepository repository, OwnedChunks chunks, ReportedFacts facts, CancellationToken cancellationToken)
    {
        try
        {
            RefreshOnMiss refresh = new(repository);
            TreeVerifier verifier = new(
                chunks,
                async (chunk, token) => repository.LengthOf(chunk) ?? (await refresh.TryAsync(token) ? repository.LengthOf(chunk) : null),
                _services.Limits);
            VerifiedTree tree = await verifier.VerifyAsync(facts.Root, cancellationToken);
            facts.RequireFit(tree);
            return tree;
        }
        catch (Exception e) when (e is NotOwnedException or CorruptTreeException or InvalidDataException)
        {
            IngestLog.Refused(_services.Log, source.ToString(), "", source.Node, e is InvalidDataException ? "its tree cannot be restored" : e.Message);
            throw UploadRefusal.NotCommittable(source, e.Message);
        }
    }

    private SnapshotManifest Manifest(
        WorkItem item, ReportedFacts facts, SnapshotManifest? parent, VerifiedTree tree, ChunkList list, TransferredBytes bytes) => new()
        {
            Id = SnapshotId.Of(item.Backup!.Run, item.Source),
            Cluster = _services.Cluster,
            Source = item.Source,
            Run = item.Backup!.Run,
            Plan = item.Backup.Plan,
            StartedAt = item.Backup.StartedAt,
            FinishedAt = _services.Clock.GetUtcNow(),
            Root = facts.Root,
            ChunkList = list.Chunks,
            Chunks = list.Count,
            Counts = tree.Counts with { SentBytes = bytes.Sent, StoredBytes = bytes.Stored },
            Outcome = facts.OutcomeOf(tree),
            Parent = parent?.Id,
            SourcePath = facts.SourcePath,
            Items = tree.Items,
            Missing = facts.Missing,
            Etcd = facts.Etcd,
            ControlPlane = facts.ControlPlane,
            Volume = PodVolumeMapping.ToModel(item.Work.Backup?.Volume?.PodVolume?.Volume),
            Exclusions = facts.Exclusions,
            AgentVersion = facts.AgentVersion,
        };

    private async Task<SnapshotManifest> PublishAsync(
        WorkItem item, RepositoryWriter writer, WriterSession uploading, SnapshotManifest manifest)
    {
        try
        {
            await writer.CommitSnapshotAsync(manifest, uploading, CancellationToken.None);
        }
        catch (ObjectTakenException)
        {
            // An earlier attempt came through although nobody was told: that is the snapshot of this work.
            manifest = await _services.Snapshots.ReadAsync(manifest.Id, CancellationToken.None) ?? throw UploadRefusal.NotCommittable(
                item.Source, "The snapshot of this work cannot be written and is not there.");
        }
        catch (ManifestRejectedException e)
        {
            // Not the agent's fault: a chunk it was told it need not send turned out to be damaged or condemned.
            _parents.Forget(item);
            throw UploadRefusal.SendAgain(item.Source, e.Message);
        }

        _services.Snapshots.Note(manifest);
        _services.Board.ReportResult(item.WorkId, new WorkOutcome.SnapshotCommitted(manifest));
        IngestLog.Committed(
            _services.Log,
            manifest.Id.ToString(),
            manifest.Source.ToString(),
            manifest.Outcome.ToString(),
            manifest.Counts.Entries,
            manifest.Counts.FileBytes,
            manifest.Counts.SentBytes,
            manifest.Counts.StoredBytes);
        return manifest;
    }
}
