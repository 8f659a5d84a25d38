using K8sBackup.Model.Ids;

namespace K8sBackup.Coordinator.Restores;

/// <summary>
/// The tasks that carry restores through: one for a restore, however often it is met, and none that outlives <see cref="StopAsync"/>, whether the
/// engine had been started by then or not. Thread-safe.
/// </summary>
internal sealed class RestoreDrives : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<RestoreId, Task> _going = [];
    private readonly CancellationTokenSource _stopping = new();
    private bool _isStopped;

    /// <summary>Drives a restore, unless that goes on already or nothing is to be begun any more.</summary>
    /// <param name="id">Of the restore.</param>
    /// <param name="begin">Gives what carries it through, null when nothing is to be done; it is run elsewhere, ends when its token is cancelled, and throws nothing.</param>
    public void Begin(RestoreId id, Func<Func<CancellationToken, Task>?> begin)
    {
        ArgumentNullException.ThrowIfNull(begin);
        lock (_lock)
        {
            if (!_isStopped && !_going.ContainsKey(id) && begin() is { } drive)
            {
                _going[id] = Task.Run(() => FollowAsync(id, drive), CancellationToken.None);
            }
        }
    }

    /// <summary>Ends them all where they are; when it returns, none writes any more.</summary>
    /// <exception cref="OperationCanceledException">They do not end in time.</exception>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Task[] going;
        lock (_lock)
        {
            _isStopped = true;
            going = [.. _going.Values];
        }

        await _stopping.CancelAsync();
        await Task.WhenAll(going).WaitAsync(cancellationToken);
    }

    public void Dispose() => _stopping.Dispose();

    private async Task FollowAsync(RestoreId id, Func<CancellationToken, Task> drive)
    {
        try
        {
            await drive(_stopping.Token);
        }
        finally
        {
            lock (_lock)
            {
                _going.Remove(id);
            }
        }
    }
}
