using System.Collections.Immutable;
using K8sBackup.Coordinator.State;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Coordinator.Fleet;

/// <summary>
/// The deny list of agents: whoever is on it is refused with the certificates he has, and calls of his that go on are ended. Kept as the document
/// <c>removed-nodes</c> of the state home, each entry for as long as a certificate lives. Thread-safe.
/// </summary>
public sealed class RemovedNodes
{
    private const string Document = "removed-nodes";

    private readonly IStateHome _home;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, CancellationTokenSource> _calls = new(StringComparer.Ordinal);
    private ImmutableDictionary<string, RemovedNode> _removed;

    /// <summary>Reads the list from before.</summary>
    /// <exception cref="InvalidDataException">The document is damaged.</exception>
    public RemovedNodes(IStateHome home, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(home);
        _home = home;
        _clock = clock;
        _removed = (home.Read<RemovedNode[]>(Document) ?? []).ToImmutableDictionary(node => node.Name, StringComparer.Ordinal);
    }

    /// <summary>Whether a certificate issued at that time is refused.</summary>
    public bool Refuses(string node, DateTimeOffset issued) => _removed.TryGetValue(node, out RemovedNode? removed) && issued <= removed.At;

    /// <summary>Refuses all certificates the node has, and ends its calls.</summary>
    public void Add(string node)
    {
        CancellationTokenSource? calls;
        lock (_lock)
        {
            DateTimeOffset now = _clock.GetUtcNow();
            // What is older has no certificate left that could be shown.
            _removed = _removed.RemoveRange(_removed.Values.Where(old => now - old.At > CertificateAuthority.AgentLifetime + CertificateAuthority.ClockTolerance).Select(old => old.Name))
                .SetItem(node, new RemovedNode(node, now));
            _home.Write(Document, _removed.Values.OrderBy(each => each.Name, StringComparer.Ordinal).ToArray());
            _calls.Remove(node, out calls);
        }

        // Not disposed: a call may be about to register with it.
        calls?.Cancel();
    }

    /// <summary>Returns when the list as it is outlives this process.</summary>
    public Task FlushAsync(CancellationToken cancellationToken) => _home.FlushAsync(Document, cancellationToken);

    /// <summary>Cancelled when the node is removed. For calls that go on.</summary>
    public CancellationToken EndOf(string node)
    {
        lock (_lock)
        {
            if (!_calls.TryGetValue(node, out CancellationTokenSource? calls))
            {
                _calls[node] = calls = new CancellationTokenSource();
            }

            return calls.Token;
        }
    }
}
