namespace K8sBackup.Coordinator.Tests.Hosting;

/// <summary>Holds the n-th call of something where it is until the test lets it go. Thread-safe.</summary>
internal sealed class HeldCall(int nth) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly ManualResetEventSlim _goOn = new();
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _calls;

    public int Calls => Volatile.Read(ref _calls);

    public void Pass()
    {
        if (Interlocked.Increment(ref _calls) == nth)
        {
            _entered.SetResult();
            _goOn.Wait(Patience);
        }
    }

    /// <summary>Completes when that call is held.</summary>
    public Task EnteredAsync() => _entered.Task.WaitAsync(Patience);

    public void LetGo() => _goOn.Set();

    public void Dispose()
    {
        _goOn.Set();
        _goOn.Dispose();
    }
}
