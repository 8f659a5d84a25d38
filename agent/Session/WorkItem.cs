using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Session;

/// <summary>One piece of work in hand.</summary>
internal sealed class WorkItem : IDisposable
{
    public WorkItem(Work work, string source, CancellationToken stopping)
    {
        Work = work;
        Source = source;
        Cancellation = CancellationTokenSource.CreateLinkedTokenSource(stopping);
    }

    public Work Work { get; }

    public string Source { get; }

    public WorkMeter Meter { get; } = new();

    public CancellationTokenSource Cancellation { get; }

    /// <summary>True once the coordinator called it off, as opposed to the agent stopping.</summary>
    public bool CalledOff { get; set; }

    public Task Completion { get; set; } = Task.CompletedTask;

    public void Dispose() => Cancellation.Dispose();
}
