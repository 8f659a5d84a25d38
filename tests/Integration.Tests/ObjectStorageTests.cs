using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using K8sBackup.Demo.Cluster;
using K8sBackup.Demo.Native;
using K8sBackup.Demo.Volumes;
using K8sBackup.TestKit.Certificates;
using K8sBackup.TestKit.ObjectGateways;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Integration.Tests;

/// <summary>The coordinator's store is a bucket of a real S3 server, over TLS with a private authority.</summary>
public sealed class ObjectStorageTests : IAsyncLifetime
{
    private const string Bucket = "backups";
    private const string LockedBucket = "locked";
    private const int DifferencesShown = 10;

    private readonly TestCertificateAuthority _authority = TestCertificateAuthority.Create();
    private readonly ClusterFixture _fixture = new();
    private CephServer _server = null!;

    private string[] StoreArguments =>
    [
        "--store", $"s3://{Bucket}/prod", "--endpoint", _server.TlsEndpoint.GetLeftPart(UriPartial.Authority),
        "--ca-file", _server.AuthorityPath!, "--credentials-file", Path.Combine(_fixture.Folder, "s3-keys"),
    ];

    public async Task InitializeAsync()
    {
        _server = await CephServer.StartAsync(new CephServerOptions { Authority = _authority });
        await File.WriteAllTextAsync(
            Path.Combine(_fixture.Folder, "s3-keys"), $"[default]\naws_access_key_id={CephServer.AccessKey}\naws_secret_access_key={CephServer.SecretKey}\n");
    }

    public async Task DisposeAsync()
    {
        await _fixture.DisposeAsync();
        await _server.DisposeAsync();
        _authority.Dispose();
    }

    [Fact]
    public async Task Volume_BackedUpToABucketAcrossARestartOfTheServer_IsRestoredTheSame()
    {
        using AmazonS3Client client = Connect();
        await client.PutBucketAsync(new PutBucketRequest { BucketName = Bucket });
        await StartAsync(StoreArguments);
        _fixture.FillVolume();
        _fixture.AddFile("large.bin", 40 * 1024 * 1024);
        _fixture.AssertCompleted(await _fixture.RunPlanAsync("volume"));
        _fixture.AddFile("later.bin", 30 * 1024 * 1024);
        TreeFacts before = TreeFacts.Read(_fixture.Layout.Volume);

        await _server.KillGatewayAsync();
        Task restart = Task.Run(_server.StartGatewayAsync);
        _fixture.AssertCompleted(await _fixture.RunPlanAsync("volume"));
        await restart;
        RawTree.Empty(_fixture.Layout.Volume, andItself: false);
        ProcessResult restored = await _fixture.Cluster.TryCliAsync("restore", "files", "latest", "volume/data", "--watch");

        Assert.True(restored.ExitCode == 0, $"{restored.StandardOutput}{restored.StandardError}\n{_fixture.Cluster.CoordinatorOutput}");
        Assert.Empty(before.DifferencesTo(TreeFacts.Read(_fixture.Layout.Volume), DifferencesShown));
        await _fixture.AssertSoundAsync();
        Assert.Empty(Directory.Exists(_fixture.Cluster.Store) ? Directory.GetFileSystemEntries(_fixture.Cluster.Store) : []);

        // What a recovery key and the bucket alone give, in an empty directory.
        string machine = Directory.CreateDirectory(Path.Combine(_fixture.Folder, "machine")).FullName;
        string key = Path.Combine(machine, "recovery.key");
        await _fixture.Cluster.CliAsync("key", "new-recovery", "--out", key);
        await _fixture.Cluster.CliAsync(["key", "add", .. StoreArguments, "--passphrase-file", _fixture.Cluster.RecoveryFile, "--new-recovery-key", key + ".pub", "--label", "safe"]);
        await _fixture.Cluster.StopCoordinatorAsync();
        string points = await _fixture.Cluster.CliAsync(["rescue", "points", .. StoreArguments, "--recovery-key", key, "--output", "json"]);
        Assert.Equal(2, System.Text.Json.JsonDocument.Parse(points).RootElement.GetArrayLength());
        string target = Path.Combine(machine, "volume");
        await _fixture.Cluster.CliAsync(["rescue", "files", "latest", "volume/data", .. StoreArguments, "--recovery-key", key, "--target", target, "--keep-privileges"]);
        Assert.Empty(before.DifferencesTo(TreeFacts.Read(target), DifferencesShown));
        Assert.DoesNotContain(CephServer.SecretKey, _fixture.Cluster.CoordinatorOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prune_BucketWithObjectLock_KeepsWhatARestorePointNeedsForLonger()
    {
        using AmazonS3Client client = Connect();
        await client.PutBucketAsync(new PutBucketRequest { BucketName = LockedBucket, ObjectLockEnabledForBucket = true });
        string config = Path.Combine(_fixture.Folder, "store.yaml");
        await File.WriteAllTextAsync(config, $$"""
            store:
              s3:
                bucket: {{LockedBucket}}
                endpoint: {{_server.TlsEndpoint.GetLeftPart(UriPartial.Authority)}}
                caFile: {{_server.AuthorityPath}}
                credentials: {file: s3-keys}
                objectLock: {mode: compliance, retain: 2d}
                conditionalWrites: singleWriter
            """);
        await StartAsync(["--store-config", config]);
        _fixture.AddFile("file.bin", 3_000_000);
        _fixture.AssertCompleted(await _fixture.RunPlanAsync("volume"));
        DateTimeOffset written = TimeProvider.System.GetUtcNow();

        ProcessResult prune = await _fixture.Cluster.TryCliAsync("prune", "--yes", "--output", "json");

        Assert.True(prune.ExitCode == 0, $"{prune.StandardOutput}{prune.StandardError}\n{_fixture.Cluster.CoordinatorOutput}");
        foreach (string prefix in (string[])["config", "packs/", "index/", "snapshots/", "restore-points/", "keys/"])
        {
            ListObjectsV2Response listed = await client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = LockedBucket, Prefix = prefix });
            Assert.NotEmpty(listed.S3Objects);
            foreach (S3Object item in listed.S3Objects)
            {
                GetObjectRetentionResponse kept = await client.GetObjectRetentionAsync(new GetObjectRetentionRequest { BucketName = LockedBucket, Key = item.Key });
                Assert.True(kept.Retention.RetainUntilDate > written.AddDays(2.4).UtcDateTime, $"{item.Key} is kept until {kept.Retention.RetainUntilDate:O}");
            }
        }

        await _fixture.AssertSoundAsync();
    }

    private async Task StartAsync(string[] storeArguments)
    {
        _fixture.Cluster = new LocalCluster(_fixture.Folder, TimeProvider.System) { StoreArguments = storeArguments, Commands = InnerCli.RunAsync };
        await _fixture.InitializeAsync();
        await _fixture.AddWorkerAsync();
        await _fixture.AddVolumePlanAsync();
    }

    private AmazonS3Client Connect() => new(
        new BasicAWSCredentials(CephServer.AccessKey, CephServer.SecretKey),
        new AmazonS3Config { ServiceURL = _server.Endpoint.ToString(), ForcePathStyle = true, AuthenticationRegion = "us-east-1" });
}
