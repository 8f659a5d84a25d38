using System.Threading.Channels;
using Grpc.Core;
using K8sBackup.Agent.Session;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Upload;

/// <summary>
/// One attempt to send a snapshot. One task writes frames within the window, one reads acknowledgements; the first
/// fault of either breaks the stream, and every later call reports that fault.
/// </summary>
internal sealed class UploadStream : IAsyncDisposable
{
    private const int QueueFrames = 4;

    private static readonly TimeSpan StatusTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AcceptTimeout = TimeSpan.FromMinutes(2);

    // The coordinator finishes its packs and writes index and manifest before it answers.
    private static readonly TimeSpan CommitTimeout = TimeSpan.FromMinutes(30);

    private readonly AsyncDuplexStreamingCall<UploadRequest, UploadResponse> _call;
    private readonly BufferPool _buffers;
    private readonly WorkMeter _meter;
    private readonly TimeProvider _clock;
    private readonly SendWindow _window;
    private readonly CancellationTokenSource _broken;
    private readonly Channel<OutgoingFrame> _queue = Channel.CreateBounded<OutgoingFrame>(QueueFrames);
    private readonly TaskCompletionSource<Committed> _committed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _sending;
    private readonly Task _receiving;
    private Exception? _fault;

    private UploadStream(
        AsyncDuplexStreamingCall<UploadRequest, UploadResponse> call,
        UploadTerms terms,
        BufferPool buffers,
        WorkMeter meter,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        _call = call;
        Terms = terms;
        _buffers = buffers;
        _meter = meter;
        _clock = clock;
        _window = new SendWindow(terms.WindowBytes, clock);
        _broken = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // Nobody may wait for a commit that was never asked for.
        _ = _committed.Task.ContinueWith(t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        _receiving = Task.Run(ReceiveAllAsync, CancellationToken.None);
        _sending = Task.Run(SendAllAsync, CancellationToken.None);
    }

    public UploadTerms Terms { get; }

    /// <summary>Frames of this attempt that are in the store.</summary>
    public ulong DurableSeq { get; private set; }

    /// <summary>Begins an attempt; ids durable from earlier ones go into <paramref name="known"/>.</summary>
    public static async Task<UploadStream> OpenAsync(
        Transport.V1.Upload.UploadClient client,
        string workId,
        KnownChunkSet known,
        BufferPool buffers,
        WorkMeter meter,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        AsyncDuplexStreamingCall<UploadRequest, UploadResponse> call = client.Send(cancellationToken: cancellationToken);
        try
        {
            UploadTerms terms = await IntroduceAsync(call, workId, known, cancellationToken).WaitAsync(AcceptTimeout, clock, cancellationToken);
            return new UploadStream(call, terms, buffers, meter, clock, cancellationToken);
        }
        catch (TimeoutException e)
        {
            call.Dispose();
            throw new BackupException(FailureCause.TimedOut, "The coordinator did not accept the upload in time.", e);
        }
        catch
        {
            call.Dispose();
            throw;
        }
    }

    /// <summary>Queues a frame; waits while the queue is full. The stream owns the payload from here on.</summary>
    public async ValueTask SendAsync(OutgoingFrame frame)
    {
        try
        {
            await _queue.Writer.WriteAsync(frame, _broken.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            _buffers.Return(frame.Payload);
            throw Fault(e);
        }
    }

    /// <summary>Sends what is queued, then the root and its facts, and waits for the commit.</summary>
    public async Task<Committed> FinishAsync(Finish finish)
    {
        _queue.Writer.TryComplete();
        try
        {
            await _sending;
            await EndSendingAsync(finish);
            return await _committed.Task.WaitAsync(CommitTimeout, _clock, _broken.Token);
        }
        catch (TimeoutException e)
        {
            throw new BackupException(FailureCause.TimedOut, "The coordinator did not commit the snapshot in time.", e);
        }
        catch (Exception e) when (e is OperationCanceledException || IsEndOfCall(e))
        {
            throw Fault(e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _broken.CancelAsync();
        _call.Dispose();
        await Task.WhenAll(_sending, _receiving).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        while (_queue.Reader.TryRead(out OutgoingFrame? frame))
        {
            _buffers.Return(frame.Payload);
        }

        _broken.Dispose();
    }

    // The coordinator commits and ends the call as soon as it has the message, which can be before the write here is
    // seen to be done; the reader then has the answer, or the status that says why there is none.
    private async Task EndSendingAsync(Finish finish)
    {
        try
        {
            await _call.RequestStream.WriteAsync(new UploadRequest { Finish = finish }, _broken.Token);
            await _call.RequestStream.CompleteAsync();
        }
        catch (Exception e) when (IsEndOfCall(e))
        {
            await Task.WhenAny(_receiving, Task.Delay(StatusTimeout, _clock, CancellationToken.None));
            if (!_receiving.IsCompleted)
            {
                throw;
            }
        }
    }

    private static async Task<UploadTerms> IntroduceAsync(
        AsyncDuplexStreamingCall<UploadRequest, UploadResponse> call, string workId, KnownChunkSet known, CancellationToken cancellationToken)
    {
        try
        {
            await call.RequestStream.WriteAsync(new UploadRequest { Header = new UploadHeader { WorkId = workId } }, cancellationToken);
        }
        catch (Exception e) when (IsEndOfCall(e))
        {
            // The call was refused before the write was done; reading gives the status that says why.
        }

        UploadResponse first = await NextAsync(call, cancellationToken);
        Accepted accepted = first.Accepted ?? throw Violation("the first answer is not Accepted");
        bool last;
        do
        {
            UploadResponse next = await NextAsync(call, cancellationToken);
            KnownChunks chunks = next.Known ?? throw Violation("a list of known chunks does not end");
            if (chunks.ChunkIds.Length % ChunkId.Bytes != 0)
            {
                throw Violation("a list of known chunks has a broken id");
            }

            for (int at = 0; at < chunks.ChunkIds.Length; at += ChunkId.Bytes)
            {
                known.Add(new ChunkId(chunks.ChunkIds.Span.Slice(at, ChunkId.Bytes)));
            }

            last = chunks.Last;
        }
        while (!last);

        return new UploadTerms(accepted.WindowBytes, accepted.CutterKey.ToByteArray(), accepted.ParentSnapshotId);
    }

    // What a write throws when the call is over: by our runtime the first two, by the official one also the connection's own.
    private static bool IsEndOfCall(Exception exception) => exception is RpcException or InvalidOperationException or IOException;

    private static async Task<UploadResponse> NextAsync(
        AsyncDuplexStreamingCall<UploadRequest, UploadResponse> call, CancellationToken cancellationToken) =>
        await call.ResponseStream.MoveNext(cancellationToken) ? call.ResponseStream.Current : throw Violation("the stream ended early");

    private static BackupException Violation(string what) =>
        new(FailureCause.ProtocolViolation, $"The coordinator's side of the upload is not understood: {what}.");

    private async Task SendAllAsync()
    {
        try
        {
            await foreach (OutgoingFrame frame in _queue.Reader.ReadAllAsync(_broken.Token))
            {
                try
                {
                    ulong seq = await _window.AcquireAsync(frame.PayloadBytes, _broken.Token);
                    await _call.RequestStream.WriteAsync(frame.ToMessage(seq), _broken.Token);
                    _meter.AddSent(frame.PayloadBytes);
                }
                finally
                {
                    _buffers.Return(frame.Payload);
                }
            }
        }
        catch (Exception e) when (IsEndOfCall(e))
        {
            // A write that fails says only that the stream is gone; the status the reader is about to get says why.
            await Task.WhenAny(_receiving, Task.Delay(StatusTimeout, _clock, CancellationToken.None));
            await BreakAsync(e);
        }
        catch (Exception e) when (e is BackupException or OperationCanceledException)
        {
            await BreakAsync(e);
        }
    }

    private async Task ReceiveAllAsync()
    {
        try
        {
            while (await _call.ResponseStream.MoveNext(_broken.Token))
            {
                Take(_call.ResponseStream.Current);
            }

            if (!_committed.Task.IsCompleted)
            {
                throw Violation("the stream ended without a commit");
            }
        }
        catch (Exception e) when (e is RpcException or BackupException or OperationCanceledException)
        {
            await BreakAsync(e);
        }
    }

    private void Take(UploadResponse response)
    {
        switch (response.MessageCase)
        {
            case UploadResponse.MessageOneofCase.Ack:
                _window.Acknowledge(response.Ack.ReceivedSeq);
                DurableSeq = response.Ack.DurableSeq;
                break;
            case UploadResponse.MessageOneofCase.Committed:
                _committed.TrySetResult(response.Committed);
                break;
            default:
                throw Violation($"an answer is {response.MessageCase}");
        }
    }

    private async Task BreakAsync(Exception fault)
    {
        if (fault is not OperationCanceledException)
        {
            Interlocked.CompareExchange(ref _fault, fault, null);
        }

        _committed.TrySetException(_fault ?? fault);
        await _broken.CancelAsync();
    }

    private Exception Fault(Exception seen) => _fault ?? seen;
}
