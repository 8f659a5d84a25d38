using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace K8sBackup.KubernetesApi.Tests.Support;

/// <summary>Takes one WebSocket and never says a word again, as behind a network that broke without notice.</summary>
internal sealed class SilentPeer : IDisposable
{
    private const string Protocol = "v5.channel.k8s.io";

    // RFC 6455, 1.3.
    private const string Salt = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public SilentPeer()
    {
        _listener.Start();
        Address = $"http://{_listener.LocalEndpoint}";
    }

    public string Address { get; }

    public async Task ServeAsync(CancellationToken end)
    {
        using TcpClient client = await _listener.AcceptTcpClientAsync(end);
        using StreamReader reader = new(client.GetStream(), Encoding.ASCII, leaveOpen: true);
        string key = "";
        while (await reader.ReadLineAsync(end) is { Length: > 0 } line)
        {
            key = line.StartsWith("Sec-WebSocket-Key:", StringComparison.OrdinalIgnoreCase) ? line[(line.IndexOf(':') + 1)..].Trim() : key;
        }

#pragma warning disable CA5350 // Asked for by the protocol, and no secret.
        string accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + Salt)));
#pragma warning restore CA5350
        string answer = $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: {Protocol}\r\n\r\n";
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(answer), end);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, end).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    public void Dispose() => _listener.Dispose();
}
