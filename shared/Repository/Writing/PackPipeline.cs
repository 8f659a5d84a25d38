using K8sBackup.ObjectStore;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Packs;

namespace K8sBackup.Repository.Writing;

/// <summary>
/// Frames in, durable packs and index segments out. (1) A frame's new chunks are encoded outside any lock; (2) under the gate they are
/// appended to the one open pack, shared by all callers; (3) a full pack is uploaded while the next one fills, a bounded number at once;
/// (4) uploaded packs are listed in an index segment, then count as durable. The first failure of a write ends everything.
/// Lock order: gate, then segment gate, then pending.
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

    private readonly SemaphoreSlim _builders;
    private readonly Stack<PackBuilder> _idleBuilders = new();
    private readonly SemaphoreSlim _segmentGate = new(1);
    private readonly List<PackTicket> _uploaded = [];
    private Exception? _failure;

    public PackPipeline(IObjectStore store, MasterKeys keys, ChunkIndex index, WriterLease lease, RepositoryWriterOptions options)
    {
        _store = store;
        _keys = keys;
        _lease = lease;
        _options = options;
        _pending = new PendingChunks(index);
        _builders = new SemaphoreSlim(options.PacksInFlightMax);
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
            return Receipt(frame, 0, 0, awaited);
        }

        (FrameEncoding Encoding, ReadOnlyMemory<byte> Payload) encoded = frame.Encode(fresh);
        await _gate.WaitAsync(cancellationToken);
        try
        {
            // Another caller may have brought some of the chunks since; only the holder of the gate adds any.
            (List<int> stillFresh, awaited) = _pending.Classify(frame.Chunks);
            if (stillFresh.Count == 0)
            {
                return Receipt(frame, 0, 0, awaited);
            }

            encoded = stillFresh.SequenceEqual(fresh) ? encoded : frame.Encode(stillFresh);
            PackChunk[] chunks = [.. stillFresh.Select(place => frame.Chunks[place])];
            await MakeRoomLockedAsync(encoded.Payload.Length, chunks.Length, cancellationToken);
            ThrowIfFailed();
            _open!.Append(encoded.Encoding, encoded.Payload.Span, chunks);
            _pending.Add(_openTicket!, chunks);
            awaited.Add(_openTicket!);
            return Receipt(frame, chunks.Length, encoded.Payload.Length + Format.ObjectSealer.TagBytes, awaited);
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
        Interlocked.CompareExchange(ref _failure, failure, null);
        _pending.FailAll(new WriterFailedException(_failure));
        return true;
    }

    /// <summary>Stops uploads and waits for them. What was not flushed is lost, as in a crash.</summary>
    public async ValueTask DisposeAsync()
    {
        Fail(new ObjectDisposedException(nameof(RepositoryWriter)));
        await _stop.CancelAsync();
        await _gate.WaitAsync();
        await Task.WhenAll(_uploads);
        await _segmentGate.WaitAsync();
        _open?.Dispose();
        foreach (PackBuilder builder in _idleBuilders)
        {
            builder.Dispose();
        }

        _stop.Dispose();
        _gate.Dispose();
        _segmentGate.Dispose();
        _builders.Dispose();
    }

    private static FrameReceipt Receipt(VerifiedFrame frame, int added, long storedBytes, HashSet<PackTicket> awaited) => new(
        added,
        frame.Chunks.Length - added,
        storedBytes,
        awaited.Count switch
        {
            0 => Task.CompletedTask,
            1 => awaited.First().Durable,
            _ => Task.WhenAll(awaited.Select(t => t.Durable)),
        });

    private async Task MakeRoomLockedAsync(int payloadBytes, int chunks, CancellationToken cancellationToken)
    {
        if (_open is not null && !_open.HasRoomFor(payloadBytes, chunks))
        {
            CloseLocked();
        }

        if (_open is null)
        {
            await _builders.WaitAsync(cancellationToken);
            lock (_idleBuilders)
            {
                _open = _idleBuilders.TryPop(out PackBuilder? idle) ? idle : new PackBuilder(_options.PackTargetBytes);
            }

            _open.Begin(_keys);
            _openTicket = new PackTicket();
        }
    }

    private void CloseLocked()
    {
        _uploads.RemoveAll(u => u.IsCompleted);
        if (_open is not { IsEmpty: false } builder)
        {
            return;
        }

        PackTicket ticket = _openTicket!;
        (PackDirectory directory, ReadOnlyMemory<byte> content) = builder.Complete();
        ticket.Directory = directory;
        _open = null;
        _openTicket = null;
        _uploads.Add(Task.Run(() => UploadAsync(builder, ticket, content)));
    }

    private async Task UploadAsync(PackBuilder builder, PackTicket ticket, ReadOnlyMemory<byte> content)
    {
        try
        {
            await _lease.CheckAsync(WriterLease.CheckAgeMax, _stop.Token);
            await ObjectPublisher.PublishAsync(_store, ticket.Directory!.ObjectName, content, _stop.Token);
        }
        catch (Exception e) when (Fail(e))
        {
            // Recorded: every later call of the writer reports it, and so does every receipt.
            return;
        }
        finally
        {
            lock (_idleBuilders)
            {
                _idleBuilders.Push(builder);
            }

            _builders.Release();
        }

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

            if (packs.Length == 0 || Volatile.Read(ref _failure) is not null)
            {
                return;
            }

            await _lease.CheckAsync(WriterLease.CheckAgeMax, _stop.Token);
            await IndexSegments.WriteAsync(_store, _keys, [.. packs.Select(p => p.Directory!)], _stop.Token);
            foreach (PackTicket pack in packs)
            {
                _pending.Complete(pack);
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
