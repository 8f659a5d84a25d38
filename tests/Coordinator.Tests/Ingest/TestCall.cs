using Grpc.Core;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Coordinator.Tests.Ingest;

/// <summary>A call as a handler sees it, made by the identity given.</summary>
internal sealed class TestCall : ServerCallContext
{
    private readonly CancellationToken _cancellationToken;

    public TestCall(PeerIdentity caller, CancellationToken cancellationToken = default)
    {
        _cancellationToken = cancellationToken;
        CallerIdentity.Set(this, caller);
    }

    public static TestCall Operator(CancellationToken cancellationToken = default) =>
        new(new PeerIdentity("prod", Role.Operator, "alice"), cancellationToken);

    protected override string MethodCore => "/test/Test";

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
