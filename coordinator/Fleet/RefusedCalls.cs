using Grpc.Core;
using K8sBackup.Coordinator.OperatorApi;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Coordinator.Fleet;

/// <summary>
/// Notes in the audit log what somebody with a good certificate was not allowed to do: nobody honest tries. The same caller and call once in ten
/// minutes, and a hundred of all in that time, so that who tries for ever does not fill the disk. Thread-safe.
/// </summary>
public sealed class RefusedCalls
{
    private const int NotedMax = 100;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    private readonly AuditLog _audit;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private readonly HashSet<(PeerIdentity Caller, string Method)> _noted = [];
    private long _since;

    public RefusedCalls(AuditLog audit, TimeProvider clock)
    {
        _audit = audit;
        _clock = clock;
        _since = clock.GetTimestamp();
    }

    public void Note(PeerIdentity caller, ServerCallContext context, string why)
    {
        ArgumentNullException.ThrowIfNull(caller);
        ArgumentNullException.ThrowIfNull(context);
        lock (_lock)
        {
            if (_clock.GetElapsedTime(_since) >= Window)
            {
                _noted.Clear();
                _since = _clock.GetTimestamp();
            }

            if (_noted.Count >= NotedMax || !_noted.Add((caller, context.Method)))
            {
                return;
            }
        }

        _audit.Note($"{caller.ToUri()} at {context.Peer}", "call.refused", context.Method, why);
    }
}
