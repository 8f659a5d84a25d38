using K8sBackup.Agent.Hosting;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Agent.Etcd;

/// <summary>Keeps all spool files together within the configured size. Thread-safe.</summary>
internal sealed class SpoolBudget
{
    private readonly Lock _lock = new();
    private readonly long _bytesMax;
    private long _reserved;

    public SpoolBudget(AgentOptions options) => _bytesMax = options.SpoolBytesMax;

    /// <summary>Takes room until the result is disposed.</summary>
    /// <exception cref="BackupException">There is too little of it.</exception>
    public IDisposable Reserve(long bytes)
    {
        lock (_lock)
        {
            if (_reserved + bytes > _bytesMax)
            {
                throw new BackupException(
                    FailureCause.SpoolFull, $"The snapshot needs {bytes} bytes of spool; {_bytesMax - _reserved} of {_bytesMax} are free. Raise spool.maxBytes.");
            }

            _reserved += bytes;
        }

        return new Reservation(this, bytes);
    }

    private void Release(long bytes)
    {
        lock (_lock)
        {
            _reserved -= bytes;
        }
    }

    private sealed class Reservation(SpoolBudget budget, long bytes) : IDisposable
    {
        private bool _released;

        public void Dispose()
        {
            if (!_released)
            {
                _released = true;
                budget.Release(bytes);
            }
        }
    }
}
