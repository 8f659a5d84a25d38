using Grpc.Core;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Simulation.Worlds;

/// <summary>A call as a handler sees it.</summary>
internal sealed class SimulatedCall : ServerCallContext
{
    private readonly CancellationToken _cancellationToken;

    public SimulatedCall(PeerIdentity caller, CancellationToken cancellationToken)
    {
        _cancellationToken = cancellationToken;
        CallerIdentity.Set(this, caller);
    }

    protected override string MethodCore => "/simulated/Call";

    protected override string HostCore => "localhost";

    protected override string PeerCore => "ipv4:127.0.0.1:1";

    protected override DateTime DeadlineCore => DateTime.MaxValue;

    protected override Metadata RequestHeadersCore { get; } = [];

    protected override CancellationToken CancellationTokenCore => _cancellationToken;

    protected override Metadata ResponseTrailersCore { get; } = [];

    protected override Status StatusCore { get; set; }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore { get; } = new(null, []);

    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => Task.CompletedTask;

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
        throw new NotSupportedException();
}
