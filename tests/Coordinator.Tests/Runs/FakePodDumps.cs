using System.Collections.Concurrent;
using K8sBackup.Coordinator.Dumps;
using K8sBackup.Coordinator.Fleet;

namespace K8sBackup.Coordinator.Tests.Runs;

/// <summary>Notes each dump that begins and leaves its end to the test, who reports it on the board.</summary>
internal sealed class FakePodDumps : IPodDumps
{
    private readonly ConcurrentQueue<WorkItem> _begun = new();

    /// <summary>What was begun, in order.</summary>
    public IReadOnlyList<WorkItem> Begun => [.. _begun];

    public async Task TakeAsync(WorkItem item, Action<string> note, CancellationToken stopping)
    {
        _begun.Enqueue(item);
        await item.Completion.WaitAsync(stopping);
    }
}
