using K8sBackup.TestKit.Certificates;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.TestKit.ObjectGateways;

/// <summary>
/// A real S3 server: Ceph's object gateway with a monitor and one in-memory disk, on free loopback ports in a temporary
/// directory, ready when <see cref="StartAsync"/> returns. Stopped by process id and its directory deleted on dispose.
/// </summary>
public sealed class CephServer : IAsyncDisposable
{
    /// <summary>Access key of the user there is.</summary>
    public const string AccessKey = "testaccess";

    /// <summary>Secret key of the user there is.</summary>
    public const string SecretKey = "testsecret0123456789";

    /// <summary>Name of the user in <c>radosgw-admin</c>.</summary>
    public const string User = "test";

    private static readonly TimeSpan _stepTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _poll = TimeSpan.FromMilliseconds(50);

    private readonly string _directory = Directory.CreateTempSubdirectory("k8sb-ceph-").FullName;
    private readonly CephPorts _ports = CephPorts.Take();
    private readonly CephServerOptions _options;
    private readonly List<ChildProcess> _processes = [];
    private ChildProcess? _gateway;

    private CephServer(CephServerOptions options) => _options = options;

    /// <summary>The address of the plain port.</summary>
    public Uri Endpoint => new($"http://127.0.0.1:{_ports.Http}");

    /// <summary>The address of the TLS port.</summary>
    public Uri TlsEndpoint => new($"https://127.0.0.1:{_ports.Https}");

    /// <summary>Path of the authority's certificate (PEM); null without TLS.</summary>
    public string? AuthorityPath { get; private set; }

    private string ConfigurationFile => Path.Combine(_directory, "ceph.conf");

    /// <summary>Starts everything and waits until the user can be used.</summary>
    public static async Task<CephServer> StartAsync(CephServerOptions? options = null)
    {
        CephServer server = new(options ?? new CephServerOptions());
        try
        {
            await server.StartAllAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends the gateway with SIGKILL; what it acknowledged is kept.</summary>
    public async Task KillGatewayAsync()
    {
        ChildProcess gateway = _gateway ?? throw new InvalidOperationException("The gateway is not running.");
        _gateway = null;
        gateway.Kill();
        await gateway.WaitForExitAsync(_stepTimeout);
        await gateway.DisposeAsync();
    }

    /// <summary>Starts the gateway again on the same ports.</summary>
    public async Task StartGatewayAsync()
    {
        _gateway = ChildProcess.Start("radosgw", ["-c", ConfigurationFile, "-n", "client.rgw", "-f"]);
        using HttpClient client = new() { Timeout = TimeSpan.FromSeconds(2) };
        await WaitAsync("the gateway does not answer", async () =>
        {
            try
            {
                using HttpResponseMessage answer = await client.GetAsync(Endpoint);
                return answer.IsSuccessStatusCode;
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                return _gateway.HasExited ? throw new InvalidOperationException($"radosgw ended. {Logs()}") : false;
            }
        });
    }

    /// <summary>Runs <c>radosgw-admin</c> and gives what it printed.</summary>
    public Task<string> AdminAsync(params string[] arguments) => RunAsync("radosgw-admin", ["-c", ConfigurationFile, .. arguments]);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }

        foreach (ChildProcess process in Enumerable.Reverse(_processes))
        {
            await process.DisposeAsync();
        }

        Directory.Delete(_directory, recursive: true);
    }

    private async Task StartAllAsync()
    {
        string cluster = Guid.NewGuid().ToString();
        string keyring = Path.Combine(_directory, "keyring");
        string map = Path.Combine(_directory, "monmap");
        foreach (string part in (string[])["mon", "osd", "rgw"])
        {
            Directory.CreateDirectory(Path.Combine(_directory, part));
        }

        await File.WriteAllTextAsync(ConfigurationFile, CephConfiguration.Text(_directory, cluster, _ports, WriteCertificate(), _options.CapacityBytes));
        await RunAsync("ceph-authtool", ["--create-keyring", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *"]);
        await RunAsync("monmaptool", ["--create", "--fsid", cluster, "--addv", "a", $"[v2:127.0.0.1:{_ports.Monitor},v1:127.0.0.1:{_ports.MonitorOld}]", "--enable-all-features", map]);
        await RunAsync("ceph-mon", ["-c", ConfigurationFile, "-i", "a", "--mkfs", "--monmap", map, "--keyring", keyring]);
        _processes.Add(ChildProcess.Start("ceph-mon", ["-c", ConfigurationFile, "-i", "a", "-f"]));

        // This call waits until the monitor answers.
        string disk = Guid.NewGuid().ToString();
        await RunAsync("ceph", ["-c", ConfigurationFile, "osd", "new", disk]);
        await RunAsync("ceph-osd", ["-c", ConfigurationFile, "-i", "0", "--mkfs", "--osd-uuid", disk]);
        _processes.Add(ChildProcess.Start("ceph-osd", ["-c", ConfigurationFile, "-i", "0", "-f"]));
        await StartGatewayAsync();
        await AdminAsync("user", "create", $"--uid={User}", "--display-name=test", $"--access-key={AccessKey}", $"--secret-key={SecretKey}");
    }

    private PemFiles? WriteCertificate()
    {
        if (_options.Authority is not { } authority)
        {
            return null;
        }

        AuthorityPath = authority.WriteCertificate(_directory);
        using var certificate = authority.IssueServer();
        return TestCertificateAuthority.Write(certificate, _directory, "gateway");
    }

    private async Task<string> RunAsync(string program, string[] arguments)
    {
        ProcessResult result = await ChildProcess.RunAsync(program, arguments, _stepTimeout);
        return result.ExitCode == 0
            ? result.StandardOutput
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments.Take(4))} ended with {result.ExitCode}: {result.StandardError}\n{Logs()}");
    }

    private string Logs() => string.Join('\n', _processes.Append(_gateway).OfType<ChildProcess>().Select(p => p.Output));

    private static async Task WaitAsync(string otherwise, Func<Task<bool>> condition)
    {
        using CancellationTokenSource deadline = new(_stepTimeout);
        while (!await condition())
        {
            if (deadline.IsCancellationRequested)
            {
                throw new TimeoutException($"Within {_stepTimeout.TotalSeconds} s {otherwise}.");
            }

            await Task.Delay(_poll, TimeProvider.System, CancellationToken.None);
        }
    }
}
