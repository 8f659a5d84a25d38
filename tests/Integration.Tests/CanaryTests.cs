using System.Collections.Concurrent;
using System.Text;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using K8sBackup.Demo.Cluster;
using K8sBackup.TestKit.Certificates;
using K8sBackup.TestKit.ObjectGateways;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Integration.Tests;

/// <summary>
/// Secrets are hunted wherever they must not be: in what programs print at the lowest log level, in arguments of all processes while they
/// run, in files they keep, in objects of the bucket, in what the bucket's names say. The programs are out of core dumps' reach.
/// </summary>
public sealed class CanaryTests : IAsyncLifetime
{
    private const string Bucket = "canary";

    private readonly TestCertificateAuthority _authority = TestCertificateAuthority.Create();
    private readonly ClusterFixture _fixture = new();
    private readonly StringBuilder _printed = new();
    private readonly ConcurrentDictionary<string, bool> _arguments = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _watching = new();
    private readonly Dictionary<string, byte[]> _canaries = new(StringComparer.Ordinal);
    private CephServer _server = null!;
    private Task _watch = Task.CompletedTask;

    private LocalCluster Cluster => _fixture.Cluster;

    private string S3Keys => Path.Combine(_fixture.Folder, "s3-keys");

    private string[] Store =>
    [
        "--store", $"s3://{Bucket}/prod", "--endpoint", _server.TlsEndpoint.GetLeftPart(UriPartial.Authority),
        "--ca-file", _server.AuthorityPath!, "--credentials-file", S3Keys,
    ];

    public async Task InitializeAsync()
    {
        _server = await CephServer.StartAsync(new CephServerOptions { Authority = _authority });
        using (AmazonS3Client client = Client())
        {
            await client.PutBucketAsync(new PutBucketRequest { BucketName = Bucket });
        }

        await File.WriteAllTextAsync(S3Keys, Credentials(CephServer.SecretKey));
        _canaries["S3 secret"] = Encoding.ASCII.GetBytes(CephServer.SecretKey);
        _watch = Task.Run(WatchArgumentsAsync);
        _fixture.Cluster = new LocalCluster(_fixture.Folder, TimeProvider.System) { StoreArguments = Store };
        await Cluster.InitAsync();
        await File.AppendAllTextAsync(Path.Combine(Cluster.State, "coordinator.yaml"), "logLevel: debug\n");
    }

    public async Task DisposeAsync()
    {
        await _watching.CancelAsync();
        await _watch;
        _watching.Dispose();
        await _fixture.DisposeAsync();
        await _server.DisposeAsync();
        _authority.Dispose();
    }

    [Fact]
    public async Task Secrets_AreNowhereButInTheirFiles()
    {
        AddCanary("recovery passphrase", Cluster.RecoveryFile);
        string keyFile = Path.Combine(Cluster.State, "repository.key");
        AddCanary("key file", keyFile);
        AddKeyBytes("key file", keyFile);
        await Cluster.StartCoordinatorAsync();
        await _fixture.AddWorkerAsync();
        AddCanary("join token", _fixture.WorkerAgent!.TokenFile);
        AssertOutOfDumps(Cluster.Coordinator.Id);
        AssertOutOfDumps(_fixture.WorkerAgent.Process.Id);
        _fixture.AddFile("a", 200_000);
        await _fixture.AddVolumePlanAsync();
        _fixture.AssertCompleted(await _fixture.RunPlanAsync("volume"));

        await RunEverythingAsync(keyFile);
        string coordinator = Cluster.CoordinatorOutput;
        await FailEverythingAsync(keyFile);
        await Cluster.StopCoordinatorAsync();
        await _fixture.WorkerAgent.StopAsync();

        _printed.Append(coordinator).Append(_fixture.WorkerAgent.Output);
        AssertFree("what programs printed", Encoding.UTF8.GetBytes(_printed.ToString()));
        Assert.Contains(_arguments.Keys, a => a.Contains("--passphrase-file", StringComparison.Ordinal));
        AssertFree("arguments", Encoding.UTF8.GetBytes(string.Join('\n', _arguments.Keys)));
        string[] own = [Cluster.RecoveryFile, keyFile, S3Keys, _fixture.WorkerAgent.TokenFile];
        Assert.All(own, f => Assert.Contains(_canaries.Values, c => File.ReadAllBytes(f).AsSpan().IndexOf(c) >= 0));
        await AssertFilesFreeAsync([.. own, .. Directory.GetFiles(_fixture.Folder, "*.secret")]);
        await AssertBucketFreeAsync();
    }

    // All commands that take a key, as they should be used.
    private async Task RunEverythingAsync(string keyFile)
    {
        string pair = Path.Combine(_fixture.Folder, "pair.secret");
        string second = Path.Combine(_fixture.Folder, "second.secret");
        await SayAsync("key", "new-recovery", "--out", pair);
        AddCanary("recovery private key", pair);
        AddKeyBytes("recovery private key", pair);
        await SayAsync(["key", "add", .. Store, "--passphrase-file", Cluster.RecoveryFile, "--new-recovery-key", pair + ".pub", "--label", "safe"]);
        await SayAsync(["key", "add", .. Store, "--passphrase-file", Cluster.RecoveryFile, "--new-key-file", second]);
        AddCanary("second key file", second);
        AddKeyBytes("second key file", second);
        string[] all = ["--key-file", keyFile, "--key-file", second, "--passphrase-file", Cluster.RecoveryFile, "--recovery-key", pair];
        await SayAsync(["key", "test", .. Store, .. all, "--output", "json"]);
        await SayAsync(["key", "list", .. Store]);
        await SayAsync(["rescue", "points", .. Store, "--recovery-key", pair]);
        await SayAsync(["copy", .. Store, "--key-file", keyFile, "--to", Path.Combine(_fixture.Folder, "copy")]);
        await SayAsync(["repair", "snapshots", .. Store, "--recovery-key", pair]);
        await SayAsync("check", "--read-data");
        await SayAsync(["key", "rotate-data", .. Store, .. all]);
    }

    // Every message about a key that does not fit, a damaged one, and an endpoint that refuses.
    private async Task FailEverythingAsync(string keyFile)
    {
        string damaged = Path.Combine(_fixture.Folder, "damaged.secret");
        string text = await File.ReadAllTextAsync(keyFile);
        await File.WriteAllTextAsync(damaged, text.Replace(text[20], text[20] == '0' ? '1' : '0'));
        string refused = Path.Combine(_fixture.Folder, "refused.secret");
        await File.WriteAllTextAsync(refused, Credentials("a-secret-the-server-does-not-know"));
        _canaries["refused S3 secret"] = "a-secret-the-server-does-not-know"u8.ToArray();
        string[] wrongStore = [.. Store[..^1], refused];
        foreach (string[] failing in (string[][])
        [
            ["key", "test", .. Store, "--key-file", damaged],
            ["key", "test", .. Store, "--passphrase-file", keyFile],
            ["key", "list", .. wrongStore],
            ["rescue", "points", .. Store, "--recovery-key", keyFile],
            ["rescue", "points", .. Store, "--key-file", Cluster.RecoveryFile],
            ["key", "list", .. Store[..^1], keyFile],
            ["repair", "index", .. wrongStore, "--key-file", keyFile, "--execute"],
        ])
        {
            ProcessResult result = await Cluster.TryCliAsync(failing);
            Assert.True(result.ExitCode != 0, string.Join(' ', failing));
            _printed.Append(result.StandardOutput).Append(result.StandardError);
        }
    }

    private async Task SayAsync(params string[] arguments)
    {
        ProcessResult result = await Cluster.TryCliAsync(arguments);
        Assert.True(result.ExitCode == 0, $"{string.Join(' ', arguments)}: {result.StandardOutput}{result.StandardError}");
        _printed.Append(result.StandardOutput).Append(result.StandardError);
    }

    private void AddCanary(string name, string file) => _canaries[name] = Encoding.UTF8.GetBytes(File.ReadAllText(file).Trim());

    // The form KEY-1-HEX-CHECK: the digits and the bytes they stand for.
    private void AddKeyBytes(string name, string file)
    {
        string digits = File.ReadAllText(file).Trim().Split('-')[^2];
        _canaries[name + " digits"] = Encoding.ASCII.GetBytes(digits);
        _canaries[name + " bytes"] = Convert.FromHexString(digits);
    }

    private void AssertFree(string place, ReadOnlySpan<byte> content)
    {
        foreach ((string name, byte[] canary) in _canaries)
        {
            Assert.True(canary.Length >= 16 && content.IndexOf(canary) < 0, $"The {name} is in {place}.");
        }
    }

    private async Task AssertFilesFreeAsync(string[] ownFiles)
    {
        string[] files = Directory.GetFiles(_fixture.Folder, "*", SearchOption.AllDirectories);
        Assert.Contains(files, f => f.Contains("/runs/", StringComparison.Ordinal));
        foreach (string file in files.Except(ownFiles))
        {
            AssertFree(file, await File.ReadAllBytesAsync(file));
        }
    }

    private async Task AssertBucketFreeAsync()
    {
        using AmazonS3Client client = Client();
        ListObjectsV2Response listed = await client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = Bucket });
        Assert.True(listed.S3Objects.Count > 5);
        foreach (S3Object item in listed.S3Objects)
        {
            using GetObjectResponse answer = await client.GetObjectAsync(Bucket, item.Key);
            using MemoryStream content = new();
            await answer.ResponseStream.CopyToAsync(content);
            AssertFree(item.Key, content.ToArray());
            AssertFree("names of objects", Encoding.UTF8.GetBytes(item.Key));
        }
    }

    private static void AssertOutOfDumps(int process)
    {
        string limit = File.ReadLines($"/proc/{process}/limits").Single(l => l.StartsWith("Max core file size", StringComparison.Ordinal));
        Assert.Matches("^Max core file size +0 +0 +bytes", limit);
    }

    // Arguments of every process there is, as fast as they come and go.
    private async Task WatchArgumentsAsync()
    {
        while (!_watching.IsCancellationRequested)
        {
            foreach (string process in Directory.EnumerateDirectories("/proc").Where(d => char.IsAsciiDigit(d[6])))
            {
                try
                {
                    string arguments = (await File.ReadAllTextAsync(Path.Combine(process, "cmdline"))).Replace('\0', ' ');
                    if (arguments.Contains("k8sbackup", StringComparison.Ordinal))
                    {
                        _arguments.TryAdd(arguments, true);
                    }
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // It ended meanwhile.
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }
    }

    private static string Credentials(string secret) => $"[default]\naws_access_key_id={CephServer.AccessKey}\naws_secret_access_key={secret}\n";

    private AmazonS3Client Client() => new(
        new BasicAWSCredentials(CephServer.AccessKey, CephServer.SecretKey),
        new AmazonS3Config { ServiceURL = _server.Endpoint.ToString(), ForcePathStyle = true, AuthenticationRegion = "us-east-1" });
}
