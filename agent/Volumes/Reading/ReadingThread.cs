using System.Collections.Concurrent;
using K8sBackup.Agent.Upload;

namespace K8sBackup.Agent.Volumes.Reading;

/// <summary>
/// A thread of its own on which one capture touches files, in the idle I/O class. When a call hangs the thread is left
/// to itself: it keeps its buffer and the file, and ends when the kernel lets go of it.
/// </summary>
internal sealed class ReadingThread
{
    // Longer than any answer out of the page cache, and nothing beside the limit.
    private static readonly TimeSpan AtOnce = TimeSpan.FromMilliseconds(50);

    private readonly BlockingCollection<Action> _calls = [];
    private readonly object _answer = new();
    private bool _isAnswered;
    private readonly TimeSpan _limit;
    private readonly TimeProvider _clock;
    private readonly CancellationToken _cancellationToken;

    public ReadingThread(TimeSpan limit, TimeProvider clock, CancellationToken cancellationToken = default)
    {
        _limit = limit;
        _clock = clock;
        _cancellationToken = cancellationToken;
        new Thread(Work) { IsBackground = true, Name = "reading" }.Start();
    }

    /// <summary>Filled by calls on this thread, read by the caller between two calls.</summary>
    public NativeBuffer Buffer { get; } = new(PatientFile.ReadBytes);

    /// <summary>True from the first call that hung on.</summary>
    public bool IsAbandoned { get; private set; }

    /// <summary>Makes a call and waits for its end. A result that comes too late is disposed of.</summary>
    /// <param name="call">What is done on this thread.</param>
    /// <param name="progress">How far a call of several steps has come: the limit is for each step.</param>
    /// <exception cref="HungReadException">It did not end in time; the thread is of no more use.</exception>
    /// <exception cref="OperationCanceledException">Nobody wants it any more; the same holds for the thread.</exception>
    public T Run<T>(Func<T> call, Func<int>? progress = null)
    {
        TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _isAnswered = false;
        _calls.Add(() => Complete(done, call));
        try
        {
            // Most answers come at once, and waiting with a limit costs a timer and a third thread. The signal may be that of the call before.
            if (IsAnsweredAtOnce() && done.Task.IsCompleted)
            {
                return done.Task.GetAwaiter().GetResult();
            }

            int steps = 0;
            while (!HasEnded(done.Task))
            {
                int now = progress?.Invoke() ?? steps;
                if (now == steps)
                {
                    Abandon(done.Task);
                    throw new HungReadException(_limit);
                }

                steps = now;
            }

            return done.Task.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (!done.Task.IsCompleted)
        {
            Abandon(done.Task);
            throw;
        }
    }

    /// <summary>Does something after all calls so far, without waiting for it.</summary>
    public void Post(Action last) => _calls.Add(last);

    /// <summary>Ends the thread after all calls so far.</summary>
    public void End() => _calls.CompleteAdding();

    // Within the limit, that is.
    private bool HasEnded(Task call)
    {
        try
        {
            Task.WhenAny(call).WaitAsync(_limit, _clock, _cancellationToken).GetAwaiter().GetResult();
            return true;
        }
        catch (TimeoutException)
        {
            return call.IsCompleted;
        }
    }

    private void Abandon<T>(Task<T> call)
    {
        IsAbandoned = true;
        _ = call.ContinueWith(
            t =>
            {
                _ = t.Exception;
                (t.IsCompletedSuccessfully ? t.Result as IDisposable : null)?.Dispose();
            },
            CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private void Complete<T>(TaskCompletionSource<T> done, Func<T> call)
    {
        try
        {
            done.SetResult(call());
        }
#pragma warning disable CA1031 // Not swallowed: it reaches the caller.
        catch (Exception e)
#pragma warning restore CA1031
        {
            done.SetException(e);
        }

        lock (_answer)
        {
            _isAnswered = true;
            Monitor.Pulse(_answer);
        }
    }

    private bool IsAnsweredAtOnce()
    {
        lock (_answer)
        {
            return _isAnswered || (Monitor.Wait(_answer, AtOnce) && _isAnswered);
        }
    }

    private void Work()
    {
        IdlePriority.Set();
        foreach (Action call in _calls.GetConsumingEnumerable())
        {
            call();
        }

        ((IDisposable)Buffer).Dispose();
        _calls.Dispose();
    }
}
