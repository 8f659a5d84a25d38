using K8sBackup.Coordinator.Dumps;
using K8sBackup.Coordinator.Fleet;

namespace K8sBackup.Coordinator.Runs;

/// <summary>The dumps of one run that go on in this process. One loop asks; each piece of work is begun once.</summary>
internal sealed class RunDumps
{
    private readonly IPodDumps _dumps;
    private readonly Action<string> _note;
    private readonly Dictionary<WorkItem, Task> _going = [];
    private CancellationToken _end;

    public RunDumps(IPodDumps dumps, Action<string> note)
    {
        _dumps = dumps;
        _note = note;
    }

    /// <summary>To be called first: when that is cancelled, dumps are broken off and stay as they are in the record.</summary>
    public void EndWith(CancellationToken end) => _end = end;

    /// <summary>Begins the work unless it was begun or is an agent's; after a restart of this process that is anew.</summary>
    public void Follow(WorkItem item)
    {
        if (item.Dump is null || item.Completion.IsCompleted)
        {
            return;
        }

        if (!_going.TryGetValue(item, out Task? going))
        {
            _going[item] = Task.Run(() => _dumps.TakeAsync(item, _note, _end), CancellationToken.None);
        }
        else if (going.IsFaulted)
        {
            // A defect is the loop's.
            going.GetAwaiter().GetResult();
        }
    }

    /// <summary>Waits until no dump of this run goes on.</summary>
    public async Task DrainAsync() => await Task.WhenAll(_going.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
