using System.Buffers;
using K8sBackup.Chunking.Compression;
using K8sBackup.Model.Drills;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Invariants;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Trees;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Pruning;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Snapshots;

namespace K8sBackup.Repository.Writing;

/// <summary>
/// The one writer of a repository. Thread-safe: any number of uploads share its packs, and chunks are deduplicated across them. Order of
/// writes: packs, index segment, snapshot manifest, restore point manifest; nothing is overwritten. The first failed write makes
/// the writer unusable (<see cref="WriterFailedException"/>); a new one starts from what is durable, and nobody unlocks anything.
/// </summary>
public sealed class RepositoryWriter : IChunkSink, IAsyncDisposable
{
    private const int ReadBackAttemptsMax = 3;

    private readonly IObjectStore _store;
    private readonly MasterKeys _keys;
    private readonly WriterLease _lease;
    private readonly PackPipeline _pipeline;
    private readonly PointSequence _sequence;

    private RepositoryWriter(
        OpenRepository repository, WriterLease lease, KnownTombstones tombstones, RepositoryWriterOptions options, TimeProvider clock)
    {
        Tombstones = tombstones;
        Options = options;
        Anchor = new ClockAnchor(clock.GetUtcNow(), clock.GetTimestamp());
        _sequence = new PointSequence(repository.Catalog);
        Sessions = new WriterSessions(repository.Index, repository.Keys, clock);
        Repository = repository;
        _store = repository.Store;
        _keys = repository.Keys;
        _lease = lease;
        _pipeline = new PackPipeline(_store, _keys, repository.Index, lease, options);
    }

    /// <summary>The same repository for reading; sees what this writer made durable. Disposed with the writer.</summary>
    public OpenRepository Repository { get; }

    /// <summary>This writer's generation; a newer writer has a higher one and fences this one off.</summary>
    public long Generation => _lease.Generation;

    internal WriterLease Lease => _lease;

    internal WriterSessions Sessions { get; }

    internal KnownTombstones Tombstones { get; }

    internal RepositoryWriterOptions Options { get; }

    /// <summary>What the two clocks said when the writer opened, or when a prune found that the wall clock had jumped.</summary>
    internal ClockAnchor Anchor { get; set; }

    /// <summary>Held by the one prune that goes on.</summary>
    internal SemaphoreSlim PruneGate { get; } = new(1);

    /// <summary>Held while index segments are replaced.</summary>
    internal SemaphoreSlim CompactionGate { get; } = new(1);

    /// <summary>Index segments the store did not let go; guarded by <see cref="CompactionGate"/>.</summary>
    internal HashSet<string> LockedSegments { get; } = new(StringComparer.Ordinal);

    /// <summary>Held while a restore point is pinned or deleted, so that never both happen.</summary>
    internal SemaphoreSlim PinGate { get; } = new(1);

    /// <summary>Takes over as the writer and reads the index. Does not own the store or the keys.</summary>
    /// <exception cref="RepositoryCorruptException">Config or state are damaged, forged, or of a newer version.</exception>
    /// <exception cref="ObjectStoreException">The store cannot be read or written.</exception>
    public static async Task<RepositoryWriter> OpenAsync(
        IObjectStore store, MasterKeys keys, RepositoryWriterOptions options, TimeProvider clock, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(clock);
        options.Validate();
        OpenRepository repository = await OpenRepository.OpenForWritingAsync(store, keys, options.IndexPaging, cancellationToken);
        try
        {
            // The index is read again after the take-over, so that nothing the writer before did in between is missed.
            WriterLease lease = await WriterLease.TakeAsync(store, keys, options.Holder, clock, cancellationToken);
            KnownTombstones tombstones = new(clock);
            await tombstones.LoadAsync(store, keys, repository.Index, cancellationToken);
            await repository.RefreshAsync(cancellationToken);
            return new RepositoryWriter(repository, lease, tombstones, options, clock);
        }
        catch
        {
            repository.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Begins an upload: from then until the session is disposed, a prune deletes nothing the upload may refer to. To be called before
    /// the upload learns what the repository has.
    /// </summary>
    public WriterSession BeginUpload() => Sessions.Begin();

    /// <summary>
    /// Verifies a frame and takes the chunks of it that are new. Waits while too many packs are on their way; a cancelled wait takes nothing.
    /// </summary>
    /// <exception cref="FrameRejectedException">The frame is not what it claims; the writer goes on.</exception>
    /// <exception cref="WriterFailedException">An earlier write failed.</exception>
    /// <exception cref="WriterFencedException">Another writer took over.</exception>
    public async ValueTask<FrameReceipt> AddFrameAsync(IncomingFrame frame, CancellationToken cancellationToken)
    {
        _pipeline.ThrowIfFailed();
        using VerifiedFrame verified = VerifiedFrame.Verify(frame, _keys);
        return await _pipeline.AddAsync(verified, cancellationToken);
    }

    /// <summary>Takes one chunk made on this side, compressed where that helps.</summary>
    public async ValueTask<ChunkId> AddAsync(ReadOnlyMemory<byte> plaintext, CancellationToken cancellationToken) =>
        (await AddChunkAsync(plaintext, cancellationToken)).Id;

    /// <summary>The same, and what became of it.</summary>
    public async ValueTask<(ChunkId Id, FrameReceipt Receipt)> AddChunkAsync(ReadOnlyMemory<byte> plaintext, CancellationToken cancellationToken)
    {
        ChunkId id = ChunkId.Of(plaintext.Span);
        byte[] compressed = ArrayPool<byte>.Shared.Rent(plaintext.Length);
        try
        {
            int length = Zstd.Compress(plaintext.Span, compressed);
            IncomingFrame frame = new(
                new[] { id }, new[] { plaintext.Length }, length >= 0, length >= 0 ? compressed.AsMemory(0, length) : plaintext);
            return (id, await AddFrameAsync(frame, cancellationToken));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(compressed);
        }
    }

    /// <summary>Returns when everything added before is durable and indexed. Cancelling stops the waiting only.</summary>
    /// <exception cref="WriterFailedException">A write failed, now or earlier.</exception>
    /// <exception cref="WriterFencedException">Another writer took over.</exception>
    public Task FlushAsync(CancellationToken cancellationToken) => _pipeline.FlushAsync(cancellationToken);

    /// <summary>
    /// Makes a snapshot exist: (1) flush; (2) prove that the chunk list, all chunks in it and the root are durable and indexed; (3) prove that no
    /// other writer took over; (4) create the manifest; (5) read it back. Repeating it with an equal manifest succeeds. A store that
    /// acknowledged (4) and does not answer in (5) has committed.
    /// </summary>
    /// <exception cref="ManifestRejectedException">Something it references is not there; nothing was written, and the writer goes on.</exception>
    /// <exception cref="ObjectTakenException">The id exists with another content.</exception>
    /// <exception cref="WriterFailedException">A write failed, now or earlier. The snapshot may exist, whole.</exception>
    /// <exception cref="WriterFencedException">Another writer took over.</exception>
    /// <exception cref="RepositoryCorruptException">The store took the manifest and gives another one back: the snapshot exists, damaged.</exception>
    public async Task CommitSnapshotAsync(SnapshotManifest manifest, CancellationToken cancellationToken)
    {
        // Without a session of its own the upload may have chosen chunks that were condemned since: those are refused.
        using WriterSession session = BeginUpload();
        await CommitSnapshotAsync(manifest, session, cancellationToken);
    }

    /// <summary>As <see cref="CommitSnapshotAsync(SnapshotManifest, CancellationToken)"/>, for an upload that had a session from its beginning.</summary>
    public async Task CommitSnapshotAsync(SnapshotManifest manifest, WriterSession session, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(session);
        Invariant.Check(session.BelongsTo(Sessions));
        await FlushAsync(cancellationToken);
        await ManifestValidator.ValidateAsync(Repository, manifest, session, cancellationToken);
        await PublishAsync(() => ManifestStore.WriteAsync(_store, _keys, manifest, CancellationToken.None), cancellationToken);
        await ReadBackAsync(() => ManifestStore.ReadSnapshotAsync(_store, _keys, ObjectNames.Snapshot(manifest.Id), CancellationToken.None));
    }

    /// <summary>The <see cref="RestorePointManifest.Sequence"/> of the restore point that is committed next.</summary>
    /// <exception cref="ObjectStoreException">The store cannot be read.</exception>
    public Task<long> NextSequenceAsync(CancellationToken cancellationToken) => _sequence.NextAsync(cancellationToken);

    /// <summary>Makes a restore point exist, after proving that its snapshots do. Otherwise as <see cref="CommitSnapshotAsync(SnapshotManifest, CancellationToken)"/>.</summary>
    public async Task CommitRestorePointAsync(RestorePointManifest manifest, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        _pipeline.ThrowIfFailed();
        using WriterSession session = BeginUpload();
        SourceResult? leaving = manifest.Sources.FirstOrDefault(s => s.Snapshot is { } id && !session.TryHold(id));
        if (leaving is not null)
        {
            throw new ManifestRejectedException($"Restore point {manifest.Id} names snapshot {leaving.Snapshot}, which a prune deletes");
        }

        await ManifestValidator.ValidateAsync(Repository, manifest, cancellationToken);
        await PublishAsync(() => ManifestStore.WriteAsync(_store, _keys, manifest, CancellationToken.None), cancellationToken);
        await ReadBackAsync(
            () => ManifestStore.ReadRestorePointAsync(_store, _keys, ObjectNames.RestorePoint(manifest.Id), CancellationToken.None));
    }

    /// <summary>Pins a restore point: no prune deletes it until it is unpinned. False when it was pinned already.</summary>
    /// <exception cref="ManifestRejectedException">There is no such restore point.</exception>
    /// <exception cref="WriterFencedException">Another writer took over.</exception>
    public async Task<bool> PinAsync(RestorePointPin pin, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(pin);
        await PinGate.WaitAsync(cancellationToken);
        try
        {
            await _lease.CheckAsync(TimeSpan.Zero, cancellationToken);
            if (await _store.HeadAsync(ObjectNames.RestorePoint(pin.Point), cancellationToken) is null)
            {
                throw new ManifestRejectedException($"There is no restore point {pin.Point} to pin");
            }

            return await PinStore.WriteAsync(_store, _keys, pin, cancellationToken);
        }
        finally
        {
            PinGate.Release();
        }
    }

    /// <summary>Removes a pin; false when there was none.</summary>
    /// <exception cref="WriterFencedException">Another writer took over.</exception>
    public async Task<bool> UnpinAsync(RestorePointId point, CancellationToken cancellationToken)
    {
        await _lease.CheckAsync(TimeSpan.Zero, cancellationToken);
        bool wasPinned = await PinStore.IsPinnedAsync(_store, point, cancellationToken);
        await _store.DeleteAsync(ObjectNames.Pin(point), cancellationToken);
        return wasPinned;
    }

    /// <summary>Keeps what a rehearsed restore showed, for as long as its snapshot is kept.</summary>
    /// <exception cref="ManifestRejectedException">There is no such snapshot any more.</exception>
    /// <exception cref="WriterFencedException">Another writer took over.</exception>
    public async Task RecordDrillAsync(DrillRecord record, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        await _lease.CheckAsync(TimeSpan.Zero, cancellationToken);
        if (await _store.HeadAsync(ObjectNames.Snapshot(record.Snapshot), cancellationToken) is null)
        {
            throw new ManifestRejectedException($"There is no snapshot {record.Snapshot} that drill {record.Id} could be of");
        }

        await DrillStore.WriteAsync(_store, _keys, record, cancellationToken);
    }

    /// <summary>Ends the writer; what was not flushed is lost, as in a crash.</summary>
    public async ValueTask DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        _sequence.Dispose();
        Repository.Dispose();
    }

    // Once the manifest is on its way the caller cannot cancel: the outcome would be unknown, and other uploads would lose their writer.
    private async Task PublishAsync(Func<Task> write, CancellationToken cancellationToken)
    {
        _pipeline.ThrowIfFailed();
        await _lease.CheckAsync(TimeSpan.Zero, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            await write();
        }
        catch (ObjectStoreException e)
        {
            _pipeline.Fail(e);
            throw new WriterFailedException(e);
        }
    }

    // The acknowledged write is the commit. Reading it back can find damage; that it cannot be read just now unmakes nothing,
    // and neither does a caller who stopped waiting.
    private static async Task ReadBackAsync(Func<Task> read)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await read();
                return;
            }
            catch (ObjectStoreException)
            {
                if (attempt == ReadBackAttemptsMax)
                {
                    return;
                }
            }
        }
    }
}
