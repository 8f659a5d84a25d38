using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Ingest;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;
using K8sBackup.Model.Trees;
using K8sBackup.Repository.Writing;

namespace K8sBackup.Coordinator.Dumps;

/// <summary>
/// Where the chunks of a dump go: into the repository, which keeps what is new, and into the ledger of the work, as uploads of agents do, so that the
/// same code proves the snapshot at the end. Memory: the ids since the last flush.
/// </summary>
internal sealed class DumpChunks : IChunkSink
{
    // A flush for each 16 GiB or so, and 2 MiB of ids.
    private const int PendingMax = 65_536;

    private readonly RepositoryLease _lease;
    private readonly UploadLedger _ledger;
    private readonly long _chunksMax;
    private List<ChunkId> _pending = [];
    private long _chunks;

    public DumpChunks(RepositoryLease lease, UploadLedger ledger, long chunksMax)
    {
        _lease = lease;
        _ledger = ledger;
        _chunksMax = chunksMax;
    }

    /// <summary>Plaintext taken and sealed bytes added to the store.</summary>
    public TransferredBytes Bytes { get; private set; }

    public async ValueTask<ChunkId> AddAsync(ReadOnlyMemory<byte> plaintext, CancellationToken cancellationToken)
    {
        if (++_chunks > _chunksMax)
        {
            throw new BackupException(FailureCause.InvalidRequest, $"One snapshot may have {_chunksMax} chunks, which is not enough for the command's output.");
        }

        (ChunkId id, FrameReceipt receipt) = await _lease.Writer.AddChunkAsync(plaintext, cancellationToken);
        Bytes = new TransferredBytes(Bytes.Sent + plaintext.Length, Bytes.Stored + receipt.StoredBytes);
        _pending.Add(id);
        if (_pending.Count == PendingMax)
        {
            await MakeDurableAsync(cancellationToken);
        }

        return id;
    }

    /// <summary>Returns when everything added is durable and in the ledger.</summary>
    public async Task MakeDurableAsync(CancellationToken cancellationToken)
    {
        await _lease.Flush.FlushAsync(cancellationToken);
        await _ledger.AppendAsync(_pending, cancellationToken);
        _pending = [];
    }
}
