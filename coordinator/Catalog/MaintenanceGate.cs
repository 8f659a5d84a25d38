using K8sBackup.Model.Outcomes;

namespace K8sBackup.Coordinator.Catalog;

/// <summary>
/// Lets one piece of work at the whole repository go on at a time: a check would take for lost what a prune deletes. Thread-safe.
/// </summary>
public sealed class MaintenanceGate
{
    private readonly Lock _lock = new();
    private string? _current;

    /// <summary>Begins the work; dispose the result when it is over.</summary>
    /// <param name="what">What it is, with an article: "a check", for example.</param>
    /// <exception cref="BackupException">TargetInUse: other work goes on; the message says which.</exception>
    public IDisposable Enter(string what)
    {
        lock (_lock)
        {
            return TryEnter(what) ?? throw new BackupException(FailureCause.TargetInUse, $"{_current} of the repository is going on.");
        }
    }

    /// <summary>As <see cref="Enter"/>; null when other work goes on.</summary>
    public IDisposable? TryEnter(string what)
    {
        ArgumentException.ThrowIfNullOrEmpty(what);
        lock (_lock)
        {
            if (_current is not null)
            {
                return null;
            }

            _current = char.ToUpperInvariant(what[0]) + what[1..];
            return new Turn(this);
        }
    }

    private sealed class Turn(MaintenanceGate gate) : IDisposable
    {
        public void Dispose()
        {
            lock (gate._lock)
            {
                gate._current = null;
            }
        }
    }
}
