using K8sBackup.ObjectStore;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Packs;

namespace K8sBackup.Repository.Writing;

/// <summary>
/// Frames in, durable packs and index segments out. (1) A frame's new chunks are encoded outside any lock; (2) under the gate they are
/// appended to the one open pack, shared by all callers; (3) a full pack is uploaded while the next one fills, a bounded number at once;
/// (4) uploaded packs are listed in an index segment, then count as durable. The upload that makes a segment due stays one of the bounded
/// number until the segment is written, so that packs never run ahead of their index. The first failure of a write ends everything and
/// gives the memory back. Lock order: gate, then segment gate, then pending.
/// </summary>
internal sealed class PackPipeline : IAsyncDisposable
{
    private readonly IObjectStore _store;
    private readonly MasterKeys _keys;
    private readonly RepositoryWriterOptions _options;
    private readonly WriterLease _lease;
    private readonly PendingChunks _pending;
    private readonly CancellationTokenSource _stop = new();

    // Guarded by the gate.
    private readonly SemaphoreSlim _gate = new(1);
    private readonly List<Task> _uploads = [];
    private PackBuilder? _open;
    private PackTicket? _openTicket;

    private readonly PackBuilderPool _builders;
    private readonly SemaphoreSlim _segmentGate = new(1);
    private readonly List<PackTicket> _uploaded = [];
    private Exception? _failure;
    private Task? _releasing;
    private int _disposed;

    public PackPipeline(IObjectStore store, MasterKeys keys, ChunkIndex index, WriterLease lease, RepositoryWriterOptions options)
    {
        _store = store;
        _keys = keys;
        _lease = lease;
        _options = options;
        _pending = new PendingChunks(index);
        _builders = new PackBuilderPool(options.PacksInFlightMax, options.PackTargetBytes);
    }

    public void ThrowIfFailed()
    {
        switch (Volatile.Read(ref _failure))
        {
            case null:
                return;
            case WriterFencedException fenced:
                throw new WriterFencedException(fenced.Own, fenced.Current, fenced);
            case Exception first:
                throw new WriterFailedException(first);
        }
    }

    /// <summary>Takes a frame. Waits while too many packs are on their way; cancelling while it waits takes nothing of it.</summary>
    public async Task<FrameReceipt> AddAsync(VerifiedFrame frame, CancellationToken cancellationToken)
    {
        ThrowIfFailed();
        (List<int> fresh, HashSet<PackTicket> awaited) = _pending.Classify(frame.Chunks);
        if (fresh.Count == 0)
        {
            return FrameReceipt.Of(frame, 0, 0, awaited);
        }

        (FrameEncoding Encoding, ReadOnlyMemory<byte> Payload) encoded = frame.Encode(fresh);
        await _gate.WaitAsync(cancellationToken);
        try
        {
            ThrowIfFailed();
            // Another caller may have brought some of the chunks since; only the holder of the gate adds any.
            (List<int> stillFresh, awaited) = _pending.Classify(frame.Chunks);
            if (stillFresh.Count == 0)
            {
                return FrameReceipt.Of(frame, 0, 0, awaited);
            }

            encoded = stillFresh.SequenceEqual(fresh) ? encoded : frame.Encode(stillFresh);
            PackChunk[] chunks = [.. stillFresh.Select(place => frame.Chunks[place])];
            await MakeRoomLockedAsync(encoded.Payload.Length, chunks.Length, cancellationToken);
            ThrowIfFailed();
            AppendLocked(encoded.Encoding, encoded.Payload.Span, chunks);
            awaited.Add(_openTicket!);
            return FrameReceipt.Of(frame, chunks.Length, encoded.Payload.Length + Format.ObjectSealer.TagBytes, awaited);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Makes durable everything that was added before. Cancelling stops the waiting only.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        ThrowIfFailed();
        Task[] uploads;
        await _gate.WaitAsync(cancellationToken);
        try
        {
            CloseLocked();
            uploads = [.. _uploads];
        }
        finally
        {
            _gate.Release();
        }

        await Task.WhenAll(uploads).WaitAsync(cancellationToken);
        ThrowIfFailed();
        await WriteSegmentAsync().WaitAsync(cancellationToken);
        ThrowIfFailed();
    }

    /// <summary>Ends the pipeline with a failure; the first one counts.</summary>
    public bool Fail(Exception failure)
    {
        if (Interlocked.CompareExchange(ref _failure, failure, null) is null)
        {
            _releasing = ReleaseBuildersAsync();
        }

        _pending.FailAll(new WriterFailedException(_failure));
        return true;
    }

    /// <summary>Stops uploads and waits for them. What was not flushed is lost, as in a crash.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        Fail(new ObjectDisposedException(nameof(RepositoryWriter)));
        await _stop.CancelAsync();

        // The gates are passed on and never disposed: whoever waits at one must wake up and find the failure.
        Task[] uploads;
        await _gate.WaitAsync();
        try
        {
            uploads = [.. _uploads];
        }
        finally
        {
            _gate.Release();
        }

        await Task.WhenAll(uploads);
        await _segmentGate.WaitAsync();
        _segmentGate.Release();
        await (Volatile.Read(ref _releasing) ?? Task.CompletedTask);
        _builders.Dispose();
    }

    private async Task MakeRoomLockedAsync(int payloadBytes, int chunks, CancellationToken cancellationToken)
    {
        if (_open is not null && !_open.HasRoomFor(payloadBytes, chunks))
        {
            CloseLocked();
        }

        if (_open is null)
        {
            _open = await _builders.TakeAsync(_keys, cancellationToken);
            _openTicket = new PackTicket();
        }
    }

    private void AppendLocked(FrameEncoding encoding, ReadOnlySpan<byte> payload, PackChunk[] chunks)
    {
        try
        {
            _open!.Append(encoding, payload, chunks);
            _pending.Add(_openTicket!, chunks);
            if (Volatile.Read(ref _failure) is { } failure)
            {
                // It came while this was added, and may have missed the new ticket.
                Fail(failure);
            }
        }
        catch (Exception e) when (Fail(e))
        {
            // What the open pack holds is not known any more.
            throw new WriterFailedException(e);
        }
    }

    private void CloseLocked()
    {
        _uploads.RemoveAll(u => u.IsCompleted);
        if (_open is not { IsEmpty: false } builder || Volatile.Read(ref _failure) is not null)
        {
            return;
        }

        PackTicket ticket = _openTicket!;
        try
        {
            (PackDirectory directory, ReadOnlyMemory<byte> content) = builder.Complete();
            ticket.Directory = directory;
            _open = null;
            _openTicket = null;
            _uploads.Add(Task.Run(() => UploadAsync(builder, ticket, content)));
        }
        catch (Exception e) when (Fail(e))
        {
            throw new WriterFailedException(e);
        }
    }

    private async Task UploadAsync(PackBuilder builder, PackTicket ticket, ReadOnlyMemory<byte> content)
    {
        try
        {
            await _lease.CheckAsync(WriterLease.CheckAgeMax, _stop.Token);
            await ObjectPublisher.PublishAsync(_store, ticket.Directory!.ObjectName, content, _stop.Token);
            bool segmentIsDue;
            lock (_uploaded)
            {
                _uploaded.Add(ticket);
                segmentIsDue = _uploaded.Count >= _options.PacksPerSegment;
            }

            if (segmentIsDue)
            {
                await WriteSegmentAsync();
            }
        }
        catch (Exception e) when (Fail(e))
        {
            // Recorded: every later call of the writer reports it, and so does every receipt.
        }
        finally
        {
            _builders.Return(builder);
        }
    }

    private async Task ReleaseBuildersAsync()
    {
        // Not in the caller's time: it may hold the gate.
        await Task.Yield();
        _builders.Close();
        await _gate.WaitAsync();
        if (_open is not null)
        {
            _builders.Return(_open);
            _open = null;
            _openTicket = null;
        }

        _gate.Release();
    }

    private async Task WriteSegmentAsync()
    {
        await _segmentGate.WaitAsync();
        try
        {
            PackTicket[] packs;
            lock (_uploaded)
            {
                packs = [.. _uploaded];
                _uploaded.Clear();
            }

            foreach (PackTicket[] batch in IndexSegments.Batches(packs, p => p.Directory!))
            {
                if (Volatile.Read(ref _failure) is not null)
                {
                    return;
                }

                await _lease.CheckAsync(WriterLease.CheckAgeMax, _stop.Token);
                await IndexSegments.WriteAsync(_store, _keys, [.. batch.Select(p => p.Directory!)], _stop.Token);
                foreach (PackTicket pack in batch)
                {
                    _pending.Complete(pack);
                }
            }
        }
        catch (Exception e) when (Fail(e))
        {
            // Recorded, as in UploadAsync.
        }
        finally
        {
            _segmentGate.Release();
        }
    }
}
