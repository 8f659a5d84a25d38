using K8sBackup.Demo.ControlPlane;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Demo.Etcd;

/// <summary>The node's etcd: the real program with the flags of its manifest, on the data directory under the host root.</summary>
internal sealed class EtcdProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    private readonly HostRoot _host;
    private readonly string _node;
    private readonly int _clientPort;
    private readonly int _peerPort;
    private readonly TimeProvider _clock;
    private ChildProcess? _process;

    public EtcdProcess(HostRoot host, string node, int clientPort, int peerPort, TimeProvider clock)
    {
        _host = host;
        _node = node;
        _clientPort = clientPort;
        _peerPort = peerPort;
        _clock = clock;
    }

    /// <summary>Where its peers would call it.</summary>
    public int PeerPort => _peerPort;

    public Uri Endpoint => new($"https://127.0.0.1:{_clientPort}");

    public EtcdGateway Connect() => new(Endpoint, _host.LoadClientCertificate(), _host.EtcdTrust());

    /// <summary>Starts etcd and waits until it is healthy.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _process = ChildProcess.Start("etcd", Arguments());
        using EtcdGateway etcd = Connect();
        long start = _clock.GetTimestamp();
        while (!await etcd.IsHealthyAsync(cancellationToken))
        {
            if (_process.HasExited || _clock.GetElapsedTime(start) > StartTimeout)
            {
                throw new InvalidOperationException($"etcd did not become healthy. Its output:\n{_process.Output}");
            }

            await Task.Delay(Poll, _clock, cancellationToken);
        }
    }

    public async Task StopAsync()
    {
        if (_process is not { } process)
        {
            return;
        }

        _process = null;
        await using (process)
        {
            process.Terminate();
            await process.WaitForExitAsync(StartTimeout);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
            _process = null;
        }
    }

    private string[] Arguments()
    {
        string client = $"https://127.0.0.1:{_clientPort}";
        string peer = $"https://127.0.0.1:{_peerPort}";
        string pki = _host.EtcdPki;
        return
        [
            "--name", _node,
            "--data-dir", _host.EtcdData,
            "--advertise-client-urls", client,
            "--listen-client-urls", client,
            "--initial-advertise-peer-urls", peer,
            "--listen-peer-urls", peer,
            "--initial-cluster", $"{_node}={peer}",
            "--cert-file", Path.Combine(pki, "server.crt"),
            "--key-file", Path.Combine(pki, "server.key"),
            "--client-cert-auth",
            "--trusted-ca-file", Path.Combine(pki, "ca.crt"),
            "--peer-cert-file", Path.Combine(pki, "peer.crt"),
            "--peer-key-file", Path.Combine(pki, "peer.key"),
            "--peer-trusted-ca-file", Path.Combine(pki, "ca.crt"),
            "--peer-client-cert-auth",
        ];
    }
}
