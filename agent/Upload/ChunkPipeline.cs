using System.Threading.Channels;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Upload;

/// <summary>
/// From plaintext to frames: a bounded queue of batches, workers that hash, leave out what is known, group and
/// compress, and the upload stream behind them. Memory: 4 queued and 1 filling batch, one for each worker, two open
/// frames, and the stream's queue, about 16 buffers of 1 MiB.
/// </summary>
internal sealed class ChunkPipeline : IAsyncDisposable
{
    private const int QueueBatches = 4;

    private readonly Channel<ChunkBatch> _queue = Channel.CreateBounded<ChunkBatch>(QueueBatches);
    private readonly CancellationTokenSource _broken;
    private readonly UploadStream _stream;
    private readonly KnownChunkSet _known;
    private readonly BufferPool _buffers;
    private readonly FrameSealer _sealer;
    private readonly FrameBuilder _frames;
    private readonly Task[] _workers;
    private Exception? _fault;
    private long _sentBytes;

    public ChunkPipeline(
        UploadStream stream, KnownChunkSet known, BufferPool buffers, FrameSealer sealer, int workers, CancellationToken cancellationToken)
    {
        _stream = stream;
        _known = known;
        _buffers = buffers;
        _sealer = sealer;
        _frames = new FrameBuilder(buffers);
        _broken = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Metadata = new Sink(this, FrameContent.Metadata);
        Data = new Sink(this, FrameContent.Data);
        _workers = [.. Enumerable.Range(0, workers).Select(_ => Task.Run(WorkAsync, CancellationToken.None))];
    }

    /// <summary>Cancelled when the pipeline broke; who waits for one of its results waits with this token.</summary>
    public CancellationToken Broken => _broken.Token;

    /// <summary>Plaintext bytes of the chunks sent.</summary>
    public long SentBytes => Interlocked.Read(ref _sentBytes);

    public ChunkBatch NewBatch() => new(_buffers.Rent());

    /// <summary>Hands a batch to the workers; waits while the queue is full.</summary>
    public async ValueTask EnqueueAsync(ChunkBatch batch)
    {
        try
        {
            await _queue.Writer.WriteAsync(batch, _broken.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            _buffers.Return(batch.Buffer);
            throw Fault(e);
        }
    }

    /// <summary>Gives back a batch that will not be sent.</summary>
    public void Discard(ChunkBatch batch) => _buffers.Return(batch.Buffer);

    /// <summary>Takes chunks of metadata, hashed and sent on the caller's thread.</summary>
    public IChunkSink Metadata { get; }

    /// <summary>Takes chunks of file bytes the same way, for those who cannot go on without the id.</summary>
    public IChunkSink Data { get; }

    /// <summary>Waits until every chunk is on its way; nothing may be added afterwards.</summary>
    public async Task CompleteAsync()
    {
        await DrainAsync();
        foreach (FrameDraft draft in _frames.TakeRest())
        {
            await _stream.SendAsync(Seal(draft));
        }
    }

    /// <summary>The fault that broke the pipeline, else <paramref name="seen"/>.</summary>
    public Exception Fault(Exception seen) => _fault ?? seen;

    public async ValueTask DisposeAsync()
    {
        await _broken.CancelAsync();
        _queue.Writer.TryComplete();
        await Task.WhenAll(_workers).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        while (_queue.Reader.TryRead(out ChunkBatch? batch))
        {
            _buffers.Return(batch.Buffer);
        }

        _frames.Dispose();
        _broken.Dispose();
    }

    private async ValueTask<ChunkId> AddAsync(FrameContent content, ReadOnlyMemory<byte> plaintext)
    {
        ChunkId id = ChunkId.Of(plaintext.Span);
        if (Admit(content, id, plaintext.Span) is { } frame)
        {
            await _stream.SendAsync(frame);
        }

        return id;
    }

    private async Task DrainAsync()
    {
        _queue.Writer.TryComplete();
        await Task.WhenAll(_workers);
        if (_fault is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(_fault);
        }

        _broken.Token.ThrowIfCancellationRequested();
    }

    private async Task WorkAsync()
    {
        try
        {
            await foreach (ChunkBatch batch in _queue.Reader.ReadAllAsync(_broken.Token))
            {
                try
                {
                    foreach (ChunkBatch.Item item in batch.Items)
                    {
                        ReadOnlyMemory<byte> plaintext = batch.Buffer.Memory.Slice(item.Offset, item.Length);
                        ChunkId id = ChunkId.Of(plaintext.Span);
                        if (Admit(FrameContent.Data, id, plaintext.Span) is { } frame)
                        {
                            await _stream.SendAsync(frame);
                        }

                        item.Content.Resolve(item.Place, id);
                    }
                }
                finally
                {
                    _buffers.Return(batch.Buffer);
                }
            }
        }
#pragma warning disable CA1031 // Not swallowed: whoever waits for this pipeline gets the first fault.
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (e is not OperationCanceledException)
            {
                Interlocked.CompareExchange(ref _fault, e, null);
            }

            await _broken.CancelAsync();
        }
    }

    // A frame to send, when the chunk is one by itself or filled one.
    private OutgoingFrame? Admit(FrameContent content, ChunkId id, ReadOnlySpan<byte> plaintext)
    {
        if (!_known.Add(id))
        {
            return null;
        }

        Interlocked.Add(ref _sentBytes, plaintext.Length);
        if (plaintext.Length >= FrameBuilder.AloneBytesMin)
        {
            return _sealer.Seal(content, [id], [(uint)plaintext.Length], plaintext);
        }

        return _frames.Add(content, id, plaintext) is { } full ? Seal(full) : null;
    }

    private OutgoingFrame Seal(FrameDraft draft)
    {
        try
        {
            return _sealer.Seal(draft);
        }
        finally
        {
            _buffers.Return(draft.Buffer);
        }
    }

    private sealed class Sink(ChunkPipeline pipeline, FrameContent content) : IChunkSink
    {
        public ValueTask<ChunkId> AddAsync(ReadOnlyMemory<byte> plaintext, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return pipeline.AddAsync(content, plaintext);
        }
    }
}
