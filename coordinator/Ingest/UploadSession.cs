using Google.Protobuf;
using Grpc.Core;
using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Repository.Writing;
using K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Ingest;

/// <summary>
/// One upload, by an agent that may make it. (1) Work that was committed before is answered as before. (2) Accepted,
/// then what is durable from earlier attempts. (3) Frames, until Finish. (4) Everything durable; (5) the tree read
/// back and every reference checked; (6) the manifest, the result on the board, and Committed. Whatever ends this
/// early leaves nothing that is listed.
/// </summary>
internal sealed class UploadSession
{
    private readonly UploadServices _services;
    private readonly WorkItem _item;
    private readonly SnapshotCommit _commit;
    private readonly ParentChoice _parents;
    private readonly MessageReader _messages;
    private readonly IServerStreamWriter<UploadResponse> _responses;
    private long _storedBytes;

    public UploadSession(
        UploadServices services,
        WorkItem item,
        SnapshotCommit commit,
        ParentChoice parents,
        MessageReader messages,
        IServerStreamWriter<UploadResponse> responses)
    {
        _services = services;
        _item = item;
        _commit = commit;
        _parents = parents;
        _messages = messages;
        _responses = responses;
    }

    /// <summary>Frames received.</summary>
    public ulong Frames { get; private set; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (await CommittedBeforeAsync(cancellationToken) is { } before)
        {
            await RepeatAsync(before, cancellationToken);
            return;
        }

        if (_item.Completion.IsCompleted)
        {
            throw new RpcException(new Status(StatusCode.NotFound, "The work is over."));
        }

        using RepositoryLease lease = await _services.Access.EnterToWriteAsync(cancellationToken);

        // Before anything of the repository is told to the agent: from here on no prune takes it away.
        using WriterSession uploading = lease.Writer.BeginUpload();
        using UploadLedger ledger = UploadLedger.Open(_services.LedgerDirectory, _item.WorkId);
        LedgerRemoval.WhenOver(_services, _item);
        try
        {
            await AcceptAsync(lease, uploading, ledger, cancellationToken);
            SnapshotManifest committed = await ReceiveAsync(lease, uploading, ledger, cancellationToken);
            await _responses.WriteAsync(new UploadResponse { Committed = ToWire(committed) }, cancellationToken);
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw lease.Translate(e);
        }
    }

    // Nothing but the id: how much of what was sent was new to the store would tell what other nodes have.
    private static Committed ToWire(SnapshotManifest manifest) =>
        new() { SnapshotId = manifest.Id.ToString(), StoredBytes = manifest.Counts.SentBytes };

    private async Task<SnapshotManifest?> CommittedBeforeAsync(CancellationToken cancellationToken)
    {
        if (_item.Completion is { IsCompletedSuccessfully: true, Result: WorkOutcome.SnapshotCommitted outcome })
        {
            return outcome.Manifest;
        }

        SnapshotManifest? found = await _services.Snapshots.FindAsync(_item.Backup!.Run, _item.Source, cancellationToken);
        if (found is not null)
        {
            _services.Board.ReportResult(_item.WorkId, new WorkOutcome.SnapshotCommitted(found));
        }

        return found;
    }

    // The agent did not hear that it was done and does it all again: it is let through, and nothing is kept.
    private async Task RepeatAsync(SnapshotManifest manifest, CancellationToken cancellationToken)
    {
        IngestLog.CommittedBefore(_services.Log, _item.WorkId, manifest.Id.ToString());
        await _responses.WriteAsync(new UploadResponse { Accepted = Terms([], manifest.Parent) }, cancellationToken);
        await _responses.WriteAsync(new UploadResponse { Known = new KnownChunks { Last = true } }, cancellationToken);
        while (await _messages.NextAsync(_services.Limits.IdleTimeout, cancellationToken) is { } message)
        {
            if (message.Finish is not null)
            {
                await _responses.WriteAsync(new UploadResponse { Committed = ToWire(manifest) }, cancellationToken);
                return;
            }

            Ack ack = new() { ReceivedSeq = ++Frames, DurableSeq = Frames };
            await _responses.WriteAsync(new UploadResponse { Ack = ack }, cancellationToken);
        }
    }

    private Accepted Terms(ReadOnlySpan<byte> cutterKey, SnapshotId? parent) => new()
    {
        WindowBytes = _services.Limits.WindowBytes,
        CutterKey = ByteString.CopyFrom(cutterKey),
        ParentSnapshotId = parent?.ToString() ?? "",
    };

    private async Task AcceptAsync(RepositoryLease lease, WriterSession uploading, UploadLedger ledger, CancellationToken cancellationToken)
    {
        SnapshotManifest? parent = await _parents.OfAsync(_item, uploading, cancellationToken);
        IngestLog.Began(_services.Log, _item.Source.ToString(), _item.WorkId, ledger.Count, parent?.Id.ToString() ?? "none");
        await _responses.WriteAsync(new UploadResponse { Accepted = Terms(lease.Repository.CutterKey, parent?.Id) }, cancellationToken);
        await foreach (ReadOnlyMemory<byte> block in ledger.ReadAsync(cancellationToken))
        {
            // What a prune condemned since is to be sent again.
            KnownChunks known = new() { ChunkIds = ByteString.CopyFrom(Referable(block.Span, uploading)) };
            await _responses.WriteAsync(new UploadResponse { Known = known }, cancellationToken);
        }

        await _responses.WriteAsync(new UploadResponse { Known = new KnownChunks { Last = true } }, cancellationToken);
    }

    private static byte[] Referable(ReadOnlySpan<byte> packed, WriterSession uploading)
    {
        byte[] kept = new byte[packed.Length];
        int length = 0;
        for (int offset = 0; offset + ChunkId.Bytes <= packed.Length; offset += ChunkId.Bytes)
        {
            ReadOnlySpan<byte> id = packed.Slice(offset, ChunkId.Bytes);
            if (uploading.MayRefer(new ChunkId(id)))
            {
                id.CopyTo(kept.AsSpan(length));
                length += ChunkId.Bytes;
            }
        }

        return kept[..length];
    }

    private async Task<SnapshotManifest> ReceiveAsync(
        RepositoryLease lease, WriterSession uploading, UploadLedger ledger, CancellationToken cancellationToken)
    {
        await using FrameIntake intake = new(
            (frame, token) => StoreAsync(lease.Writer, frame, token),
            lease.Flush,
            ledger,
            _responses,
            _services.Limits,
            _services.Clock,
            cancellationToken);
        Finish finish;
        try
        {
            finish = await ReadFramesAsync(intake, ledger.Count);
        }
        catch (OperationCanceledException) when (intake.Broken.IsCancellationRequested)
        {
            // The fault of the intake says more than the cancellation it made; without one, this throws too.
            await intake.CompleteAsync();
            throw;
        }

        await intake.CompleteAsync();
        return await _commit.CommitAsync(
            _item, lease, uploading, ledger, finish, new TransferredBytes(intake.PlaintextBytes, Interlocked.Read(ref _storedBytes)), cancellationToken);
    }

    private async Task<Finish> ReadFramesAsync(FrameIntake intake, long chunks)
    {
        while (true)
        {
            UploadRequest message = await _messages.NextAsync(_services.Limits.IdleTimeout, intake.Broken)
                ?? throw UploadRefusal.Broken(_item.Source, "The upload ended without Finish.");
            switch (message.MessageCase)
            {
                case UploadRequest.MessageOneofCase.Frame:
                    ReceivedFrame frame = ReadFrame(message.Frame);
                    chunks += frame.Ids.Length;
                    if (chunks > _services.Limits.ChunksMax)
                    {
                        throw UploadRefusal.TooMuch(_item.Source, $"One snapshot may send {_services.Limits.ChunksMax} chunks.");
                    }

                    await intake.AddAsync(frame);
                    break;
                case UploadRequest.MessageOneofCase.Finish:
                    return message.Finish;
                default:
                    throw UploadRefusal.Broken(_item.Source, "After the header come frames and Finish only.");
            }
        }
    }

    private ReceivedFrame ReadFrame(Frame wire)
    {
        try
        {
            return ReceivedFrame.Read(wire, ++Frames);
        }
        catch (InvalidDataException e)
        {
            IngestLog.Refused(_services.Log, _item.Source.ToString(), _item.WorkId, _item.Node, e.Message);
            throw UploadRefusal.Broken(_item.Source, e.Message);
        }
    }

    private async Task StoreAsync(RepositoryWriter writer, ReceivedFrame frame, CancellationToken cancellationToken)
    {
        using ReceivedFrame received = frame;
        try
        {
            FrameReceipt receipt = await writer.AddFrameAsync(
                new IncomingFrame(frame.Ids, frame.Lengths, frame.IsCompressed, frame.Payload), cancellationToken);
            Interlocked.Add(ref _storedBytes, receipt.StoredBytes);
        }
        catch (FrameRejectedException e)
        {
            IngestLog.Refused(_services.Log, _item.Source.ToString(), _item.WorkId, _item.Node, e.Message);
            throw e.Reason == FrameRejection.WrongHash
                ? UploadRefusal.WrongContent(_item.Source, e.Message)
                : UploadRefusal.Broken(_item.Source, e.Message);
        }
    }
}
