using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using K8sBackup.Coordinator.Rotation;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.V1;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Fleet;

/// <summary>
/// Serves agent sessions. Each ends for the first of these reasons: the agent leaves, says nothing for three heartbeats
/// or breaks the protocol; a newer session of the node begins (ABORTED); the coordinator stops, the session reaches its
/// greatest age or its certificate ends (UNAVAILABLE).
/// </summary>
public sealed class AgentSessionService : Transport.V1.AgentSession.AgentSessionBase
{
    private const int LabelsMax = 64;
    private const int LabelLengthMax = 256;
    private const int WorkIdsMax = 10_000;

    private readonly NodeRegistry _nodes;
    private readonly WorkBoard _board;
    private readonly ResultReceiver _results;
    private readonly AuthorityRing _ring;
    private readonly SessionOptions _options;
    private readonly TimeProvider _clock;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly ILogger<AgentSessionService> _log;

    public AgentSessionService(
        NodeRegistry nodes,
        WorkBoard board,
        ResultReceiver results,
        AuthorityRing ring,
        SessionOptions options,
        TimeProvider clock,
        IHostApplicationLifetime lifetime,
        ILogger<AgentSessionService> log)
    {
        _nodes = nodes;
        _board = board;
        _results = results;
        _ring = ring;
        _options = options;
        _clock = clock;
        _lifetime = lifetime;
        _log = log;
    }

    public override async Task Connect(
        IAsyncStreamReader<AgentMessage> requestStream, IServerStreamWriter<CoordinatorMessage> responseStream, ServerCallContext context)
    {
        PeerIdentity caller = CallerIdentity.Of(context);
        X509Certificate2? certificate = context.GetHttpContext().Connection.ClientCertificate;
        DateTimeOffset notAfter = certificate?.NotAfter ?? DateTimeOffset.MaxValue;
        using AgentConnection connection = new();
        using CancellationTokenSource age = new(AgeLimit(notAfter), _clock);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(
            context.CancellationToken, connection.Superseded, age.Token, _lifetime.ApplicationStopping);
        SessionReader reader = new(requestStream, _options.Silence, _clock);
        try
        {
            Hello hello = await ReadHelloAsync(reader, end.Token);
            if (!_nodes.Connect(Record(caller, hello, certificate), connection))
            {
                throw new RpcException(new Status(StatusCode.PermissionDenied, $"The node {caller.Name} was removed; it has to enrol again."));
            }

            FleetLog.Connected(_log, caller.Name, hello.AgentVersion, context.Peer);
            await responseStream.WriteAsync(Welcome(caller), end.Token);
            RenewalNotice renewal = new(_ring, certificate);
            await new SessionLoop(caller, _nodes, _board, _results, renewal, _log).RunAsync(hello, reader, responseStream, end.Token);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            throw EndOf(connection, context);
        }
        finally
        {
            _nodes.Disconnect(caller.Name, connection);
            FleetLog.Disconnected(_log, caller.Name);
        }
    }

    private static async Task<Hello> ReadHelloAsync(SessionReader reader, CancellationToken cancellationToken)
    {
        Hello? hello = (await reader.ReadAsync(cancellationToken))?.Hello;
        bool valid = hello is not null
            && hello.Labels.Count <= LabelsMax
            && hello.Labels.All(l => l.Key.Length is > 0 and <= LabelLengthMax && l.Value.Length <= LabelLengthMax)
            && hello.WorkIds.Count <= WorkIdsMax
            && hello.AgentVersion.Length <= LabelLengthMax;
        return valid ? hello! : throw new RpcException(new Status(
            StatusCode.InvalidArgument,
            $"A session begins with Hello, with at most {LabelsMax} labels of {LabelLengthMax} characters and {WorkIdsMax} work ids."));
    }

    private static RpcException EndOf(AgentConnection connection, ServerCallContext context)
    {
        if (connection.Superseded.IsCancellationRequested)
        {
            return new RpcException(new Status(StatusCode.Aborted, "A newer session of this node has begun."));
        }

        return context.CancellationToken.IsCancellationRequested
            ? new RpcException(new Status(StatusCode.Cancelled, "The agent ended the session."))
            : new RpcException(new Status(StatusCode.Unavailable, "The coordinator ends the session; connect again."));
    }

    private TimeSpan AgeLimit(DateTimeOffset notAfter)
    {
        TimeSpan left = notAfter - _clock.GetUtcNow();
        left = left < _options.AgeMax ? left : _options.AgeMax;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private NodeRecord Record(PeerIdentity caller, Hello hello, X509Certificate2? certificate) => new()
    {
        Name = caller.Name,
        Role = caller.Role,
        Labels = new Dictionary<string, string>(hello.Labels),
        AgentVersion = hello.AgentVersion,
        LastSeen = _clock.GetUtcNow(),
        CertificateNotAfter = certificate?.NotAfter ?? DateTimeOffset.MaxValue,
        IssuedBy = certificate is null ? "" : _ring.IssuerOf(certificate),
        CertificateIssued = certificate is null ? null : CertificateAuthority.IssuedAt(certificate),
    };

    private CoordinatorMessage Welcome(PeerIdentity caller) => new()
    {
        Welcome = new Welcome
        {
            Cluster = caller.Cluster,
            Node = caller.Name,
            HeartbeatSeconds = Math.Max(1, (int)_options.Heartbeat.TotalSeconds),
        },
    };
}
