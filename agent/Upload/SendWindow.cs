using K8sBackup.Model.Outcomes;

namespace K8sBackup.Agent.Upload;

/// <summary>
/// Keeps the payload on its way within what the coordinator allowed: frames beyond the last received one count.
/// One sender acquires, one reader acknowledges.
/// </summary>
internal sealed class SendWindow
{
    // A coordinator that takes nothing for this long is stuck or gone; the attempt is given up and made again.
    private static readonly TimeSpan StallTimeout = TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();
    private readonly Queue<(ulong Seq, int Bytes)> _sent = new();
    private readonly long _windowBytes;
    private readonly TimeProvider _clock;
    private TaskCompletionSource _released = NewSignal();
    private long _inFlight;
    private ulong _lastSeq;

    public SendWindow(long windowBytes, TimeProvider clock)
    {
        _windowBytes = windowBytes;
        _clock = clock;
    }

    public ulong ReceivedSeq { get; private set; }

    /// <summary>Waits for room and gives the frame its number. A frame larger than the whole window goes alone.</summary>
    /// <exception cref="BackupException">Nothing was acknowledged for too long.</exception>
    public async ValueTask<ulong> AcquireAsync(int bytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task released;
            lock (_lock)
            {
                if (_inFlight == 0 || _inFlight + bytes <= _windowBytes)
                {
                    _inFlight += bytes;
                    _sent.Enqueue((++_lastSeq, bytes));
                    return _lastSeq;
                }

                released = _released.Task;
            }

            try
            {
                await released.WaitAsync(StallTimeout, _clock, cancellationToken);
            }
            catch (TimeoutException e)
            {
                throw new BackupException(FailureCause.TimedOut, $"The coordinator acknowledged nothing for {StallTimeout.TotalMinutes:0} minutes.", e);
            }
        }
    }

    /// <summary>Takes an acknowledgement of all frames up to <paramref name="seq"/>.</summary>
    /// <exception cref="BackupException">The frame was never sent.</exception>
    public void Acknowledge(ulong seq)
    {
        TaskCompletionSource released;
        lock (_lock)
        {
            if (seq > _lastSeq)
            {
                throw new BackupException(FailureCause.ProtocolViolation, $"The coordinator acknowledged frame {seq}; {_lastSeq} were sent.");
            }

            while (_sent.TryPeek(out (ulong Seq, int Bytes) first) && first.Seq <= seq)
            {
                _inFlight -= _sent.Dequeue().Bytes;
            }

            ReceivedSeq = Math.Max(ReceivedSeq, seq);
            released = _released;
            _released = NewSignal();
        }

        released.TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
