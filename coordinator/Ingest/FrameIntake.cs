using System.Threading.Channels;
using Grpc.Core;
using K8sBackup.Model.Ids;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Ingest;

/// <summary>
/// Takes the frames of one upload: some are hashed and stored side by side, results are taken in the order of the
/// frames, acknowledged, and from time to time made durable and entered in the ledger. What is held is bounded by
/// <see cref="InFlightMax"/> frames, since nothing more is read from the agent meanwhile.
/// Acknowledgements follow bytes and a clock; the durable number moves at fixed ticks only, one tick late, so that
/// it does not tell whether the repository had a chunk already. The first fault ends the intake for good.
/// </summary>
internal sealed class FrameIntake : IAsyncDisposable
{
    // Two cores hash and seal while the network fills the rest.
    private const int InFlightMax = 4;

    // 8 MiB of ids; comes before the tick only with tiny chunks.
    private const int PendingIdsMax = 256 * 1024;

    private readonly Func<ReceivedFrame, CancellationToken, Task> _store;
    private readonly SharedFlush _flush;
    private readonly UploadLedger _ledger;
    private readonly IServerStreamWriter<Wire.UploadResponse> _responses;
    private readonly UploadLimits _limits;
    private readonly TimeProvider _clock;
    private readonly Channel<(ReceivedFrame Frame, Task Stored)> _queue;
    private readonly CancellationTokenSource _broken;
    private readonly Task _taking;

    private List<ChunkId> _pending = [];
    private Task _makingDurable = Task.CompletedTask;
    private ulong _receivedSeq;
    private ulong _durableNextSeq;
    private ulong _durableSeq;
    private long _unacknowledgedBytes;
    private long _acknowledgedAt;
    private long _nextTick;

    public FrameIntake(
        Func<ReceivedFrame, CancellationToken, Task> store,
        SharedFlush flush,
        UploadLedger ledger,
        IServerStreamWriter<Wire.UploadResponse> responses,
        UploadLimits limits,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        _store = store;
        _flush = flush;
        _ledger = ledger;
        _responses = responses;
        _limits = limits;
        _clock = clock;
        _acknowledgedAt = clock.GetTimestamp();
        _nextTick = TickAfter(_acknowledgedAt);
        // One less than in flight: the one being awaited has left the queue.
        _queue = Channel.CreateBounded<(ReceivedFrame, Task)>(new BoundedChannelOptions(InFlightMax - 1) { SingleReader = true, SingleWriter = true });
        _broken = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _taking = Task.Run(TakeAllAsync, CancellationToken.None);
    }

    /// <summary>Cancelled when a frame could not be taken; <see cref="CompleteAsync"/> then says why.</summary>
    public CancellationToken Broken => _broken.Token;

    /// <summary>Number of the last frame stored.</summary>
    public ulong ReceivedSeq => _receivedSeq;

    /// <summary>Plaintext bytes of the frames stored.</summary>
    public long PlaintextBytes { get; private set; }

    /// <summary>Payload bytes of the frames stored.</summary>
    public long PayloadBytes { get; private set; }

    /// <summary>Hands over a frame; waits while enough are being stored.</summary>
    public async Task AddAsync(ReceivedFrame frame)
    {
        await _queue.Writer.WaitToWriteAsync(_broken.Token);
        Task stored = Task.Run(() => _store(frame, _broken.Token), _broken.Token);
        await _queue.Writer.WriteAsync((frame, stored), _broken.Token);
    }

    /// <summary>Waits until every frame is stored, durable and in the ledger. Nothing may be added afterwards.</summary>
    public async Task CompleteAsync()
    {
        _queue.Writer.TryComplete();
        await _taking;
        await _makingDurable;
        await MakeDurableAsync(TakePending(), _receivedSeq);
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _broken.CancelAsync();
        await Quietly(_taking);
        while (_queue.Reader.TryRead(out (ReceivedFrame Frame, Task Stored) item))
        {
            await Quietly(item.Stored);
        }

        await Quietly(_makingDurable);
        _broken.Dispose();
    }

    private static Task<AggregateException?> Quietly(Task task) => task.ContinueWith(
        static ended => ended.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private async Task TakeAllAsync()
    {
        try
        {
            await foreach ((ReceivedFrame frame, Task stored) in _queue.Reader.ReadAllAsync(_broken.Token))
            {
                await stored;
                _receivedSeq = frame.Seq;
                _pending.AddRange(frame.Ids);
                PlaintextBytes += frame.PlaintextBytes;
                PayloadBytes += frame.PayloadBytes;
                _unacknowledgedBytes += frame.PayloadBytes;
                await TickAsync();
                await AcknowledgeAsync();
            }
        }
        catch
        {
            await _broken.CancelAsync();
            throw;
        }
    }

    private async Task TickAsync()
    {
        long now = _clock.GetTimestamp();
        if (now < _nextTick && _pending.Count < PendingIdsMax)
        {
            return;
        }

        await _makingDurable;
        _durableSeq = _durableNextSeq;
        _nextTick = TickAfter(now);
        _makingDurable = MakeDurableAsync(TakePending(), _receivedSeq);
    }

    private async Task AcknowledgeAsync()
    {
        if (_unacknowledgedBytes < _limits.AckBytes && _clock.GetElapsedTime(_acknowledgedAt) < _limits.AckInterval)
        {
            return;
        }

        _unacknowledgedBytes = 0;
        _acknowledgedAt = _clock.GetTimestamp();
        Wire.Ack ack = new() { ReceivedSeq = _receivedSeq, DurableSeq = _durableSeq };
        await _responses.WriteAsync(new Wire.UploadResponse { Ack = ack }, _broken.Token);
    }

    private async Task MakeDurableAsync(List<ChunkId> ids, ulong seq)
    {
        await _flush.FlushAsync(_broken.Token);
        await _ledger.AppendAsync(ids, _broken.Token);
        _durableNextSeq = seq;
    }

    private List<ChunkId> TakePending()
    {
        List<ChunkId> taken = _pending;
        _pending = [];
        return taken;
    }

    // Ticks of all uploads fall together, so that they share flushes.
    private long TickAfter(long timestamp)
    {
        long period = (long)(_limits.DurableInterval.TotalSeconds * _clock.TimestampFrequency);
        return ((timestamp / period) + 1) * period;
    }
}
