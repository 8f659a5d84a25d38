using K8sBackup.Model.Invariants;

namespace K8sBackup.Coordinator.Ingest;

/// <summary>
/// One upload at a time for each piece of work, the newest: an agent that reconnects must not wait for the stream it
/// lost to be noticed. Entering cancels the stream that is in, waits until it has let go, and so never runs beside it.
/// </summary>
internal sealed class UploadSlots
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Slot> _slots = new(StringComparer.Ordinal);
    private readonly int _slotsMax;

    public UploadSlots(int slotsMax) => _slotsMax = slotsMax;

    /// <summary>The slot of that work, null when too many other uploads go on. Dispose it when the stream is over.</summary>
    public async Task<Slot?> EnterAsync(string workId, CancellationToken cancellationToken)
    {
        Slot mine = new(this, workId);
        Slot? former;
        lock (_lock)
        {
            if (!_slots.TryGetValue(workId, out former) && _slots.Count >= _slotsMax)
            {
                return null;
            }

            _slots[workId] = mine;
        }

        try
        {
            if (former is not null)
            {
                await former.SupersedeAsync(cancellationToken);
            }

            mine.Superseded.ThrowIfCancellationRequested();
            return mine;
        }
        catch
        {
            // Leaving early must not let a third stream in beside the first: it keeps waiting for that one.
            mine.LeaveAfter(former);
            throw;
        }
    }

    private void Leave(Slot slot)
    {
        lock (_lock)
        {
            if (_slots.TryGetValue(slot.WorkId, out Slot? current) && current == slot)
            {
                _slots.Remove(slot.WorkId);
            }
        }
    }

    /// <summary>The right to receive an upload.</summary>
    internal sealed class Slot : IDisposable
    {
        private readonly UploadSlots _owner;
        private readonly CancellationTokenSource _superseded = new();
        private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Slot(UploadSlots owner, string workId)
        {
            _owner = owner;
            WorkId = workId;
            Superseded = _superseded.Token;
        }

        public string WorkId { get; }

        /// <summary>Cancelled when a newer stream wants in.</summary>
        public CancellationToken Superseded { get; }

        public async Task SupersedeAsync(CancellationToken cancellationToken)
        {
            await _superseded.CancelAsync();
            await _left.Task.WaitAsync(cancellationToken);
        }

        public void LeaveAfter(Slot? former)
        {
            Invariant.Check(former != this);
            (former?._left.Task ?? Task.CompletedTask).ContinueWith(
                _ => Dispose(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        public void Dispose()
        {
            _owner.Leave(this);
            _left.TrySetResult();
        }
    }
}
