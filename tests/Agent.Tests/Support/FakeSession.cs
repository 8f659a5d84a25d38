using System.Threading.Channels;
using Grpc.Core;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Tests.Support;

/// <summary>The coordinator's end of one session.</summary>
public sealed class FakeSession
{
    private readonly Channel<AgentMessage> _received = Channel.CreateUnbounded<AgentMessage>();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IServerStreamWriter<CoordinatorMessage> _stream;

    public FakeSession(Hello hello, IServerStreamWriter<CoordinatorMessage> stream)
    {
        Hello = hello;
        _stream = stream;
    }

    public Hello Hello { get; }

    public Task Ended => _ended.Task;

    public Task SendAsync(CoordinatorMessage message) => _stream.WriteAsync(message);

    public Task SendAsync(Work work) => SendAsync(new CoordinatorMessage { Work = work });

    /// <summary>Ends the stream with OK, or breaks off a reading that failed.</summary>
    public void End() => _ended.TrySetResult();

    public void Take(AgentMessage message) => _received.Writer.TryWrite(message);

    /// <summary>The next message of that kind; others before it are passed over.</summary>
    public async Task<AgentMessage> NextAsync(AgentMessage.MessageOneofCase kind)
    {
        using CancellationTokenSource timeout = new(TimeSpan.FromSeconds(60));
        while (true)
        {
            AgentMessage message = await _received.Reader.ReadAsync(timeout.Token);
            if (message.MessageCase == kind)
            {
                return message;
            }
        }
    }

    public async Task<WorkResult> ResultAsync() => (await NextAsync(AgentMessage.MessageOneofCase.Result)).Result;
}
