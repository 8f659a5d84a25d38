using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using K8sBackup.TestKit.Certificates;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.TestKit;

/// <summary>
/// A real single-member etcd on free loopback ports in a temporary directory, healthy when <see cref="StartAsync"/>
/// returns. It does not fsync: SIGKILL keeps the data, a lost machine would not. Stopped and its directory deleted on dispose.
/// </summary>
public sealed class EtcdServer : IAsyncDisposable
{
    private static readonly TimeSpan _startTimeout = TimeSpan.FromMinutes(1);

    private readonly EtcdServerOptions _options;
    private readonly int _clientPort;
    private readonly int _peerPort;
    private readonly PemFiles? _serverFiles;
    private readonly X509Certificate2? _healthCertificate;
    private ChildProcess? _process;

    private EtcdServer(EtcdServerOptions options)
    {
        _options = options;
        WorkDirectory = Directory.CreateTempSubdirectory("k8sbackup-etcd-").FullName;
        DataDirectory = options.DataDirectory ?? Path.Combine(WorkDirectory, "data");
        int[] ports = FreePorts.Take(2);
        (_clientPort, _peerPort) = (ports[0], ports[1]);
        if (options.Authority is not { } authority)
        {
            return;
        }

        AuthorityPath = authority.WriteCertificate(WorkDirectory);
        using var server = authority.IssueServer();
        _serverFiles = TestCertificateAuthority.Write(server, WorkDirectory, "server");
        _healthCertificate = authority.IssueClient("etcd-test-client");
        ClientFiles = TestCertificateAuthority.Write(_healthCertificate, WorkDirectory, "client");
    }

    /// <summary>The client address, <c>http://127.0.0.1:port</c> or <c>https://127.0.0.1:port</c>; stays the same over restarts.</summary>
    public Uri Endpoint => new($"{Scheme}://127.0.0.1:{_clientPort}");

    /// <summary>The peer address this member advertises.</summary>
    public Uri PeerEndpoint => new($"http://127.0.0.1:{_peerPort}");

    /// <summary>The member's data-dir, the parent of <c>member/</c>.</summary>
    public string DataDirectory { get; }

    /// <summary>A directory of this server, free to use, deleted on dispose.</summary>
    public string WorkDirectory { get; }

    /// <summary>Path of the authority's certificate (PEM); null without TLS.</summary>
    public string? AuthorityPath { get; }

    /// <summary>A client certificate and key that etcd accepts (PEM); null without TLS.</summary>
    public PemFiles? ClientFiles { get; }

    /// <summary>What etcd printed since its last start.</summary>
    public string Output => _process?.Output ?? "";

    /// <summary>The running process; throws when stopped.</summary>
    public ChildProcess Process => _process ?? throw new InvalidOperationException("This etcd is stopped.");

    private string Scheme => _options.Authority is null ? "http" : "https";

    /// <summary>Starts etcd and waits until it reports itself healthy.</summary>
    public static async Task<EtcdServer> StartAsync(EtcdServerOptions? options = null)
    {
        var server = new EtcdServer(options ?? new EtcdServerOptions());
        try
        {
            await server.StartAgainAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>The version line of an etcd program, for example <c>etcd 3.4.23</c>.</summary>
    public static async Task<string> VersionAsync(string program = "/usr/bin/etcd")
    {
        var result = await ChildProcess.RunAsync(program, ["--version"], TimeSpan.FromMinutes(1));
        return "etcd " + result.StandardOutput.Split('\n')[0].Split(':')[^1].Trim();
    }

    /// <summary>Starts a stopped server again on the same ports and data, and waits until it is healthy.</summary>
    public async Task StartAgainAsync()
    {
        if (_process is not null)
        {
            throw new InvalidOperationException("This etcd is running.");
        }

        _process = ChildProcess.Start(_options.Program, Arguments());
        await WaitUntilHealthyAsync(_process);
    }

    /// <summary>Ends etcd with SIGTERM and waits for it.</summary>
    public async Task StopAsync()
    {
        Process.Terminate();
        await EndAsync();
    }

    /// <summary>Ends etcd with SIGKILL and waits for it.</summary>
    public async Task KillAsync()
    {
        Process.Kill();
        await EndAsync();
    }

    /// <summary>Stops and starts again.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await StartAgainAsync();
    }

    /// <summary>Runs etcdctl (API 3) against this server. Throws InvalidOperationException when it fails.</summary>
    public async Task<string> EtcdctlAsync(params string[] arguments)
    {
        string[] tls = ClientFiles is null
            ? []
            : [$"--cacert={AuthorityPath}", $"--cert={ClientFiles.CertificatePath}", $"--key={ClientFiles.KeyPath}"];
        var environment = new Dictionary<string, string?> { ["ETCDCTL_API"] = "3" };
        var result = await ChildProcess.RunAsync(
            "etcdctl", [$"--endpoints={Endpoint}", .. tls, .. arguments], TimeSpan.FromSeconds(60), environment);
        return result.ExitCode == 0
            ? result.StandardOutput
            : throw new InvalidOperationException($"etcdctl ended with {result.ExitCode}: {result.StandardError}");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
            _process = null;
        }

        _healthCertificate?.Dispose();
        Directory.Delete(WorkDirectory, recursive: true);
    }

    private List<string> Arguments()
    {
        var client = Endpoint.GetLeftPart(UriPartial.Authority);
        var peer = PeerEndpoint.GetLeftPart(UriPartial.Authority);
        List<string> arguments =
        [
            "--name", _options.Name,
            "--data-dir", DataDirectory,
            "--listen-client-urls", client,
            "--advertise-client-urls", client,
            "--listen-peer-urls", peer,
            "--initial-advertise-peer-urls", peer,
            "--initial-cluster", $"{_options.Name}={peer}",
            "--initial-cluster-token", _options.ClusterToken,
            "--unsafe-no-fsync",
        ];
        if (_serverFiles is not null)
        {
            arguments.AddRange(["--cert-file", _serverFiles.CertificatePath, "--key-file", _serverFiles.KeyPath]);
            arguments.AddRange(["--trusted-ca-file", AuthorityPath!, "--client-cert-auth"]);
        }

        arguments.AddRange(_options.ExtraArguments);
        return arguments;
    }

    private async Task EndAsync()
    {
        var process = Process;
        _process = null;
        await using (process)
        {
            await process.WaitForExitAsync(_startTimeout);
        }
    }

    private async Task WaitUntilHealthyAsync(ChildProcess process)
    {
        using var handler = new SocketsHttpHandler();
        if (_healthCertificate is not null)
        {
            handler.SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificates = [_healthCertificate],
                CertificateChainPolicy = _options.Authority!.ChainPolicy(),
            };
        }

        using var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(2) };
        using var deadline = new CancellationTokenSource(_startTimeout);
        while (!await IsHealthyAsync(client))
        {
            if (process.HasExited || deadline.IsCancellationRequested)
            {
                throw new InvalidOperationException($"etcd did not become healthy. Output:\n{process.Output}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System, CancellationToken.None);
        }
    }

    private async Task<bool> IsHealthyAsync(HttpClient client)
    {
        try
        {
            var text = await client.GetStringAsync(new Uri(Endpoint, "/health"), CancellationToken.None);
            return text.Contains("\"true\"", StringComparison.Ordinal);
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }
}
