using Grpc.Core;
using Grpc.Net.Client;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Tests.Fleet;

/// <summary>The agent's side of a session, message by message.</summary>
internal sealed class TestAgent : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly AsyncDuplexStreamingCall<Wire.AgentMessage, Wire.CoordinatorMessage> _call;

    public TestAgent(GrpcChannel channel) => _call = new Wire.AgentSession.AgentSessionClient(channel).Connect();

    public async Task GreetAsync(IEnumerable<string> work, params (string Key, string Value)[] labels)
    {
        Wire.Hello hello = new() { AgentVersion = "test", WorkIds = { work } };
        foreach ((string key, string value) in labels)
        {
            hello.Labels[key] = value;
        }

        await SendAsync(new Wire.AgentMessage { Hello = hello });
        Assert.NotNull((await ReceiveAsync()).Welcome);
    }

    public Task SendAsync(Wire.AgentMessage message) => _call.RequestStream.WriteAsync(message);

    public async Task<Wire.CoordinatorMessage> ReceiveAsync()
    {
        Assert.True(await _call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Patience));
        return _call.ResponseStream.Current;
    }

    public async Task LeaveAsync()
    {
        await _call.RequestStream.CompleteAsync();
        Assert.Equal(StatusCode.OK, await EndStatusAsync());
    }

    /// <summary>Reads to the end and gives the status.</summary>
    public async Task<StatusCode> EndStatusAsync()
    {
        try
        {
            while (await _call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Patience))
            {
            }

            return StatusCode.OK;
        }
        catch (RpcException e)
        {
            return e.StatusCode;
        }
    }

    public void Dispose() => _call.Dispose();
}
