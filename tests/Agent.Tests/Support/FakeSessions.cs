using System.Threading.Channels;
using Grpc.Core;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Tests.Support;

/// <summary>Takes sessions; the test reads what agents say and sends what it wants.</summary>
public sealed class FakeSessions : AgentSession.AgentSessionBase
{
    private readonly Channel<FakeSession> _opened = Channel.CreateUnbounded<FakeSession>();
    private readonly Lock _lock = new();
    private readonly List<FakeSession> _open = [];

    public int HeartbeatSeconds { get; set; } = 1;

    /// <summary>Answers the next sessions with this instead.</summary>
    public Queue<Status> Refusals { get; } = new();

    /// <summary>The next session an agent opens.</summary>
    public async Task<FakeSession> NextAsync()
    {
        using CancellationTokenSource timeout = new(TimeSpan.FromMinutes(1));
        return await _opened.Reader.ReadAsync(timeout.Token);
    }

    public void EndAll()
    {
        lock (_lock)
        {
            _open.ForEach(session => session.End());
            _open.Clear();
        }
    }

    public override async Task Connect(
        IAsyncStreamReader<AgentMessage> requestStream, IServerStreamWriter<CoordinatorMessage> responseStream, ServerCallContext context)
    {
        if (Refusals.TryDequeue(out Status status))
        {
            throw new RpcException(status);
        }

        await requestStream.MoveNext(context.CancellationToken);
        FakeSession session = new(requestStream.Current.Hello, responseStream);
        await session.SendAsync(new CoordinatorMessage
        {
            Welcome = new Welcome { Cluster = FakeCoordinator.Cluster, Node = "node", HeartbeatSeconds = HeartbeatSeconds },
        });
        lock (_lock)
        {
            _open.Add(session);
        }

        await _opened.Writer.WriteAsync(session);
        Task reading = ReadAsync(session, requestStream, context.CancellationToken);
        await Task.WhenAny(session.Ended, reading);
    }

    private static async Task ReadAsync(FakeSession session, IAsyncStreamReader<AgentMessage> stream, CancellationToken cancellationToken)
    {
        try
        {
            while (await stream.MoveNext(cancellationToken))
            {
                session.Take(stream.Current);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or RpcException)
        {
            session.End();
        }
    }
}
