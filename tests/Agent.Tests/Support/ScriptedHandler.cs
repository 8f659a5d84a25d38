using System.Collections.Concurrent;
using K8sBackup.Agent.Session;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Tests.Support;

/// <summary>Work that takes as long as the test wants.</summary>
internal sealed class ScriptedHandler : IWorkHandler
{
    private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _counting = new();
    private int _running;
    private int _runningMax;

    public ConcurrentQueue<string> Started { get; } = new();

    public SemaphoreSlim StartedSignal { get; } = new(0);

    public int RunningMax => Volatile.Read(ref _runningMax);

    public void LetGo() => _go.TrySetResult();

    public async Task<WorkResult> RunAsync(Work work, WorkMeter meter, CancellationToken cancellationToken)
    {
        lock (_counting)
        {
            _runningMax = Math.Max(_runningMax, ++_running);
        }

        try
        {
            meter.Begin("reading");
            meter.SetTotals(100, 1);
            meter.AddBytes(50);
            Started.Enqueue(work.WorkId);
            StartedSignal.Release();
            await _go.Task.WaitAsync(cancellationToken);
            return new WorkResult { Backup = new BackupResult { SnapshotId = work.WorkId } };
        }
        finally
        {
            lock (_counting)
            {
                _running--;
            }
        }
    }
}
