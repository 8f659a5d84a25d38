using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using K8sBackup.Coordinator.Enrolment;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.Rotation;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.V1;
using Role = K8sBackup.Transport.Identity.Role;
using SourceKey = K8sBackup.Model.Ids.SourceKey;

namespace K8sBackup.Coordinator.OperatorApi;

/// <summary>The calls about the coordinator itself, its nodes and their enrolment.</summary>
public sealed class FleetCalls
{
    private static readonly TimeSpan TokenLifetimeDefault = TimeSpan.FromHours(1);
    private static readonly TimeSpan TokenLifetimeMin = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan TokenLifetimeMax = TimeSpan.FromHours(24);

    private readonly CoordinatorOptions _options;
    private readonly NodeRegistry _nodes;
    private readonly JoinTokenStore _tokens;
    private readonly AuthorityRing _ring;
    private readonly IRepositoryFacts _repository;
    private readonly IEnumerable<IStatusWarnings> _warnings;
    private readonly TimeProvider _clock;

    public FleetCalls(
        CoordinatorOptions options,
        NodeRegistry nodes,
        JoinTokenStore tokens,
        AuthorityRing ring,
        IRepositoryFacts repository,
        IEnumerable<IStatusWarnings> warnings,
        TimeProvider clock)
    {
        _options = options;
        _nodes = nodes;
        _tokens = tokens;
        _ring = ring;
        _repository = repository;
        _warnings = warnings;
        _clock = clock;
    }

    public async Task<GetStatusResponse> GetStatusAsync(ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        GetStatusResponse status = new()
        {
            Cluster = _options.Cluster,
            Version = CoordinatorVersion.Text,
            StartedAt = Timestamp.FromDateTimeOffset(_nodes.StartedAt),
            NodesConnected = _nodes.ConnectedCount,
            NodesKnown = _nodes.Nodes.Count,
            StoreObjects = _repository.Objects,
            Chunks = _repository.Chunks,
            Store = _repository.Store,
        };
        foreach (IStatusWarnings warnings in _warnings)
        {
            status.Warnings.Add(await warnings.WarningsAsync(context.CancellationToken));
        }

        return status;
    }

    public async Task ListNodesAsync(IServerStreamWriter<Node> responses, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(responses);
        foreach (NodeRecord node in _nodes.Nodes)
        {
            await responses.WriteAsync(ToWire(node), context.CancellationToken);
        }
    }

    public async Task<RemoveNodeResponse> RemoveNodeAsync(RemoveNodeRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        if (!_nodes.Remove(request.Name))
        {
            throw new RpcException(new Status(StatusCode.NotFound, $"No node '{request.Name}' has enrolled."));
        }

        // Whoever is told that it is removed may rely on it, also when another coordinator leads from the next moment on.
        await _nodes.FlushAsync(context.CancellationToken);
        return new RemoveNodeResponse();
    }

    public Task<CreateJoinTokenResponse> CreateJoinTokenAsync(CreateJoinTokenRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        Role role = request.Role switch
        {
            Transport.V1.Role.ControlPlane => Role.ControlPlane,
            Transport.V1.Role.Worker => Role.Worker,
            _ => throw new RpcException(new Status(StatusCode.InvalidArgument, "A join token is for the role control-plane or worker.")),
        };
        if (request.Node.Length > 0 && !SourceKey.IsName(request.Node))
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"Not a node name: '{request.Node}'."));
        }

        DateTimeOffset expiresAt = _clock.GetUtcNow() + Lifetime(request.Lifetime);
        try
        {
            JoinToken token = _tokens.Create(_ring.Serving.Certificate, role, request.Node, expiresAt);
            return Task.FromResult(new CreateJoinTokenResponse { Token = token.Reveal(), ExpiresAt = Timestamp.FromDateTimeOffset(expiresAt) });
        }
        catch (InvalidOperationException e)
        {
            throw new RpcException(new Status(StatusCode.ResourceExhausted, e.Message));
        }
    }

    private static TimeSpan Lifetime(Duration? wanted)
    {
        // Compared in seconds: a duration on the wire may be longer than a TimeSpan.
        if (wanted is null or { Seconds: 0, Nanos: 0 })
        {
            return TokenLifetimeDefault;
        }

        return wanted.Seconds >= TokenLifetimeMin.TotalSeconds && wanted.Seconds <= TokenLifetimeMax.TotalSeconds
            ? TimeSpan.FromSeconds(wanted.Seconds)
            : throw new RpcException(new Status(StatusCode.InvalidArgument, "A join token lives from one minute to 24 hours."));
    }

    private Node ToWire(NodeRecord node) => new()
    {
        Name = node.Name,
        Role = node.Role == Role.ControlPlane ? Transport.V1.Role.ControlPlane : Transport.V1.Role.Worker,
        Connected = _nodes.IsConnected(node.Name),
        LastSeen = Timestamp.FromDateTimeOffset(node.LastSeen),
        AgentVersion = node.AgentVersion,
        Labels = { node.Labels.ToDictionary() },
        CertificateNotAfter = Timestamp.FromDateTimeOffset(node.CertificateNotAfter),
    };
}
