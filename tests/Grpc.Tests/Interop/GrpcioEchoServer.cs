using System.Globalization;
using K8sBackup.TestKit.Certificates;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Grpc.Tests.Interop;

/// <summary>The test service on Python's grpcio, in a process of its own.</summary>
internal sealed class GrpcioEchoServer : EchoServer
{
    private readonly string _directory = Directory.CreateTempSubdirectory("k8sbackup-echo-").FullName;
    private ChildProcess? _process;
    private string _version = "";
    private int _port;
    private int _linesSeen;

    private GrpcioEchoServer(bool useTls)
        : base(useTls)
    {
    }

    public override string Version => _version;

    public ChildProcess Process => _process!;

    protected override int Port => _port;

    public static async Task<GrpcioEchoServer> StartAsync(bool useTls = false)
    {
        var server = new GrpcioEchoServer(useTls);
        await server.StartProcessAsync();
        return server;
    }

    public override async Task WaitUntilSeenAsync(string what)
    {
        var index = 0;
        var from = _linesSeen;
        await Process.WaitForLineAsync(
            line =>
            {
                var isNew = index++ >= from;
                return isNew && line == "saw " + what;
            },
            TimeSpan.FromMinutes(1));
        _linesSeen = index;
    }

    public override void ReleaseHangingHandler()
    {
        // The script's handlers hang for seconds only.
    }

    public override async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        Directory.Delete(_directory, recursive: true);
        await base.DisposeAsync();
    }

    private async Task StartProcessAsync()
    {
        List<string> arguments = [Path.Combine(GrpcioStubs.Sources, "echo_server.py"), "--receive-bytes-max", $"{ServerReceiveBytesMax}"];
        if (Authority is not null)
        {
            using var certificate = Authority.IssueServer();
            var files = TestCertificateAuthority.Write(certificate, _directory, "server");
            arguments.AddRange(["--ca", Authority.WriteCertificate(_directory)]);
            arguments.AddRange(["--cert", files.CertificatePath, "--key", files.KeyPath]);
        }

        _process = ChildProcess.Start(GrpcioStubs.Python, arguments, await GrpcioStubs.EnvironmentAsync());
        _version = await _process.WaitForLineAsync(
            line => line.StartsWith("grpcio ", StringComparison.Ordinal), TimeSpan.FromMinutes(1));
        var port = await _process.WaitForLineAsync(
            line => line.StartsWith("port ", StringComparison.Ordinal), TimeSpan.FromMinutes(1));
        _port = int.Parse(port.AsSpan("port ".Length), CultureInfo.InvariantCulture);
    }
}
