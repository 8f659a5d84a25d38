using System.Net;
using System.Net.Sockets;
using System.Text;

namespace K8sBackup.KubernetesApi.Tests.Support;

/// <summary>A server that says one and the same thing to everybody, and then hangs up, or keeps silent.</summary>
internal sealed class CannedPeer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly byte[] _answer;
    private readonly bool _hangsUp;
    private readonly Task _serving;

    public CannedPeer(string body, bool hangsUp = true)
    {
        _answer = Encoding.UTF8.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{body}");
        _hangsUp = hangsUp;
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>A kubeconfig for it.</summary>
    public string Kubeconfig =>
        $"{{apiVersion: v1, kind: Config, clusters: [{{name: c, cluster: {{server: 'http://{_listener.LocalEndpoint}'}}}}], contexts: [{{name: x, context: {{cluster: c}}}}], current-context: x}}";

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _serving.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        _listener.Dispose();
        _end.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            using TcpClient client = await _listener.AcceptTcpClientAsync(_end.Token);
            using StreamReader reader = new(client.GetStream(), Encoding.ASCII, leaveOpen: true);
            while (await reader.ReadLineAsync(_end.Token) is { Length: > 0 })
            {
            }

            await client.GetStream().WriteAsync(_answer, _end.Token);
            if (!_hangsUp)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _end.Token);
            }
        }
    }
}
