using System.Collections.Immutable;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.State;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Coordinator.Fleet;

/// <summary>
/// The nodes whose agents ever connected, and which are connected now. Kept as the document <c>nodes</c> of the
/// state home: written when a node connects, changes or leaves, and once a minute for the times. Thread-safe.
/// </summary>
public sealed class NodeRegistry
{
    // Losing up to a minute of last-seen times in a crash harms nothing; a write for every heartbeat would.
    private static readonly TimeSpan SaveInterval = TimeSpan.FromMinutes(1);

    private const string Document = "nodes";

    private readonly IStateHome _home;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private readonly long _started;
    private readonly Dictionary<string, long> _seen = new(StringComparer.Ordinal);
    private readonly Dictionary<string, AgentConnection> _connections = new(StringComparer.Ordinal);
    private ImmutableSortedDictionary<string, NodeRecord> _nodes = ImmutableSortedDictionary<string, NodeRecord>.Empty.WithComparers(StringComparer.Ordinal);
    private Pause _saved;

    /// <summary>Reads the nodes known from before.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public NodeRegistry(IStateHome home, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(home);
        _home = home;
        Removed = new RemovedNodes(home, clock);
        _clock = clock;
        StartedAt = clock.GetUtcNow();
        _saved = new Pause(clock, SaveInterval);
        _started = clock.GetTimestamp();
        foreach (NodeRecord node in home.Read<NodeRecord[]>(Document) ?? [])
        {
            _nodes = _nodes.SetItem(node.Name, node);
        }
    }

    /// <summary>Raised with a node's name when its agent says that the control-plane files there changed. Any thread.</summary>
    public event Action<string>? FilesChanged;

    /// <summary>Those that are none any more.</summary>
    public RemovedNodes Removed { get; }

    /// <summary>Since when this process can know who is connected.</summary>
    public DateTimeOffset StartedAt { get; }

    /// <summary>For how long it can; by the monotonic clock, as all that is waited for.</summary>
    public TimeSpan RunningFor => _clock.GetElapsedTime(_started);

    /// <summary>All known nodes by name.</summary>
    public IReadOnlyCollection<NodeRecord> Nodes => [.. _nodes.Values];

    public NodeRecord? Find(string name) => _nodes.GetValueOrDefault(name);

    public bool IsConnected(string name)
    {
        lock (_lock)
        {
            return _connections.ContainsKey(name);
        }
    }

    public int ConnectedCount
    {
        get
        {
            lock (_lock)
            {
                return _connections.Count;
            }
        }
    }

    /// <summary>True when the node is known under another role than this.</summary>
    public bool HasOtherRole(string name, Role role) => Find(name) is { } node && node.Role != role;

    /// <summary>How long the node's agent has been away; zero when it is connected.</summary>
    public TimeSpan AwayFor(string name)
    {
        lock (_lock)
        {
            return _connections.ContainsKey(name) ? TimeSpan.Zero : _clock.GetElapsedTime(_seen.GetValueOrDefault(name, _started));
        }
    }

    /// <summary>Notes a new session; the node's older one, if any, is told that it is superseded.</summary>
    /// <returns>False when the node was removed since: nothing is noted, and the session is to end.</returns>
    public bool Connect(NodeRecord node, AgentConnection connection)
    {
        ArgumentNullException.ThrowIfNull(node);
        AgentConnection? older;
        lock (_lock)
        {
            // Under the lock of Remove: a session that opens at the same moment does not bring the node back.
            if (node.CertificateIssued is { } issued && Removed.Refuses(node.Name, issued))
            {
                return false;
            }

            _connections.Remove(node.Name, out older);
            _connections[node.Name] = connection;
            _nodes = _nodes.SetItem(node.Name, node);
            SaveLocked();
        }

        older?.Supersede();
        return true;
    }

    /// <summary>Notes the end of a session, unless a newer one stands in its place.</summary>
    public void Disconnect(string name, AgentConnection connection)
    {
        lock (_lock)
        {
            if (_connections.GetValueOrDefault(name) == connection)
            {
                _connections.Remove(name);
                SeenLocked(name);
                SaveLocked();
            }
        }
    }

    /// <summary>
    /// Forgets a node for good: the certificates its agent has are refused, its calls ended, and it is no longer expected. It can enrol again.
    /// </summary>
    /// <returns>False when there is no such node.</returns>
    public bool Remove(string name)
    {
        lock (_lock)
        {
            if (!_nodes.ContainsKey(name))
            {
                return false;
            }

            // Refused first, so that it does not connect again in between.
            Removed.Add(name);
            _connections.Remove(name);
            _nodes = _nodes.Remove(name);
            _seen.Remove(name);
            SaveLocked();
            return true;
        }
    }

    /// <summary>Returns when what was removed stays removed, whoever leads next.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        await Removed.FlushAsync(cancellationToken);
        await _home.FlushAsync(Document, cancellationToken);
    }

    /// <summary>Passes on that a node's control-plane files changed.</summary>
    public void NoteFilesChanged(string name) => FilesChanged?.Invoke(name);

    /// <summary>Notes a message of the node's agent.</summary>
    public void Seen(string name)
    {
        lock (_lock)
        {
            SeenLocked(name);
            if (_saved.IsOver)
            {
                SaveLocked();
            }
        }
    }

    private void SeenLocked(string name)
    {
        if (_nodes.TryGetValue(name, out NodeRecord? node))
        {
            _nodes = _nodes.SetItem(name, node with { LastSeen = _clock.GetUtcNow() });
            _seen[name] = _clock.GetTimestamp();
        }
    }

    private void SaveLocked()
    {
        _saved = new Pause(_clock, SaveInterval);
        _home.Write(Document, _nodes.Values.ToArray());
    }
}
