using System.Net.WebSockets;

namespace K8sBackup.FakeKube.Serving;

/// <summary>The streams of a command over one WebSocket (v5.channel.k8s.io): the first byte of a message names the stream.</summary>
internal sealed class ExecChannels : IDisposable
{
    public const string Protocol = "v5.channel.k8s.io";
    public const byte Input = 0;
    public const byte Output = 1;
    public const byte Error = 2;
    public const byte Result = 3;
    public const byte Close = 255;

    private readonly WebSocket _socket;
    private readonly SemaphoreSlim _sending = new(1, 1);

    public ExecChannels(WebSocket socket)
    {
        _socket = socket;
    }

    public async Task SendAsync(byte channel, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        byte[] message = [channel, .. data.Span];
        await _sending.WaitAsync(cancellationToken);
        try
        {
            await _socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
        }
        finally
        {
            _sending.Release();
        }
    }

    public void Dispose() => _sending.Dispose();
}
