using Grpc.Net.Client;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Channels;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Agent.Session;

/// <summary>
/// The channel to the coordinator, shared by session, uploads and downloads. A new identity or address makes a new
/// channel for later calls; the old one is closed when its last call gave it back. Thread-safe.
/// </summary>
internal sealed class CoordinatorLink : IDisposable
{
    private readonly Lock _lock = new();
    private readonly IReadOnlyList<Uri> _addresses;
    private LocalIdentity? _identity;
    private Shared? _current;
    private int _address;
    private TaskCompletionSource _session = NewSession();

    public CoordinatorLink(IReadOnlyList<Uri> addresses) => _addresses = addresses;

    /// <summary>The address in use.</summary>
    public Uri Address
    {
        get
        {
            lock (_lock)
            {
                return _addresses[_address % _addresses.Count];
            }
        }
    }

    /// <summary>Ends when the next session with a coordinator is open: what broke with the one before need wait no longer.</summary>
    public Task NextSession
    {
        get
        {
            lock (_lock)
            {
                return _session.Task;
            }
        }
    }

    /// <summary>A session is open.</summary>
    public void NoteSession()
    {
        lock (_lock)
        {
            _session.TrySetResult();
            _session = NewSession();
        }
    }

    /// <summary>Calls from now on prove this identity.</summary>
    public void Use(LocalIdentity identity)
    {
        lock (_lock)
        {
            _identity = identity;
            RetireLocked();
        }
    }

    /// <summary>Calls from now on go to the next address; with a single one, over a fresh connection.</summary>
    public void MoveOn()
    {
        lock (_lock)
        {
            _address++;
            RetireLocked();
        }
    }

    /// <summary>The channel for one call.</summary>
    /// <exception cref="BackupException">The agent has no identity yet.</exception>
    public ChannelLease Lease()
    {
        lock (_lock)
        {
            if (_identity is null)
            {
                throw new BackupException(FailureCause.NodeUnavailable, "The agent has no identity yet.");
            }

            Shared shared = _current ??= new Shared(CoordinatorChannel.Create(_addresses[_address % _addresses.Count], _identity));
            shared.Leases++;
            return new ChannelLease(shared.Channel, () => Release(shared));
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            RetireLocked();
        }
    }

    private static TaskCompletionSource NewSession() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Release(Shared shared)
    {
        lock (_lock)
        {
            shared.Leases--;
            CloseIfUnusedLocked(shared);
        }
    }

    private void RetireLocked()
    {
        if (_current is { } shared)
        {
            _current = null;
            shared.Retired = true;
            CloseIfUnusedLocked(shared);
        }
    }

    private static void CloseIfUnusedLocked(Shared shared)
    {
        if (shared is { Retired: true, Leases: 0 })
        {
            shared.Channel.Dispose();
        }
    }

    private sealed class Shared(GrpcChannel channel)
    {
        public GrpcChannel Channel => channel;

        public int Leases { get; set; }

        public bool Retired { get; set; }
    }
}
