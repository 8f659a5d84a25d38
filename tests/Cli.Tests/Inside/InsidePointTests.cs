using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using K8sBackup.Cli.Failures;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Tests.Inside;

/// <summary>Looking into a restore point through a coordinator.</summary>
public sealed class InsidePointTests : IClassFixture<InsideFixture>, IAsyncLifetime
{
    private const string Manifest =
        "kind: Pod\nspec:\n  containers:\n  - command: [kube-apiserver, --encryption-provider-config=/mounted/keys.yaml]\n"
        + "    volumeMounts: [{name: enc, mountPath: /mounted}]\n  volumes: [{name: enc, hostPath: {path: /etc/kubernetes/enc}}]\n";

    private readonly InsideFixture _etcd;
    private FakeCoordinator _coordinator = null!;

    public InsidePointTests(InsideFixture etcd) => _etcd = etcd;

    public async Task InitializeAsync()
    {
        _coordinator = await FakeCoordinator.StartAsync();
        _coordinator.Api.Points.Add(Samples.Point());
        AddFile("etc/kubernetes/enc/keys.yaml", Encoding.UTF8.GetBytes(InsideFixture.KeysText()));
        AddFile("etc/kubernetes/manifests/kube-apiserver.yaml", Encoding.UTF8.GetBytes(Manifest));
        AddFile("snapshot.db", await File.ReadAllBytesAsync(_etcd.Snapshot));
        _coordinator.Api.Stream.Add(Samples.Message(Samples.Done(3)));
    }

    public Task DisposeAsync() => _coordinator.DisposeAsync().AsTask();

    [Fact]
    public async Task Save_IsByteForByteWhatEtcdSent()
    {
        string path = Path.Combine(_coordinator.Folder, "saved.db");

        CliRun run = await _coordinator.RunAsync("etcd", "save", "latest", "-o", path, "--output", "json");

        Assert.True(run.Code == ExitCodes.Ok, run.Error);
        Assert.Equal(await File.ReadAllBytesAsync(_etcd.Snapshot), await File.ReadAllBytesAsync(path));
        Assert.Contains("\"hash\":", await _etcd.Etcd.EtcdctlAsync("snapshot", "status", path, "-w", "json"), StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Refused, (await _coordinator.RunAsync("etcd", "save", "latest", "-o", path)).Code);
    }

    [Fact]
    public async Task Save_BytesThatDoNotFitTheirDigest_LeaveNoFile()
    {
        string path = Path.Combine(_coordinator.Folder, "saved.db");
        byte[] bytes = await File.ReadAllBytesAsync(_etcd.Snapshot);
        bytes[bytes.Length / 2] ^= 1;
        _coordinator.Api.Stream.Clear();
        AddFile("snapshot.db", bytes);
        _coordinator.Api.Stream.Add(Samples.Message(Samples.Done(1)));

        CliRun run = await _coordinator.RunAsync("etcd", "save", "latest", "-o", path);

        Assert.Equal(ExitCodes.Damaged, run.Code);
        Assert.Empty(Directory.EnumerateFiles(_coordinator.Folder, "saved.db*"));
    }

    [Fact]
    public async Task Get_WithTheKeysCapturedInThePoint_Decrypts()
    {
        CliRun masked = await RunAsync("etcd", "get", "latest", "Secret/shop/sealed", "--decrypt");
        CliRun shown = await RunAsync("etcd", "get", "latest", "Secret/shop/sealed", "--decrypt", "--show-secrets");
        CliRun without = await RunAsync("etcd", "get", "latest", "/registry/secrets/shop/sealed");

        Assert.Contains("(masked, 16 bytes)", masked.Out, StringComparison.Ordinal);
        Assert.Contains(Convert.ToBase64String(Encoding.UTF8.GetBytes(InsideFixture.Sealed)), shown.Out, StringComparison.Ordinal);
        Assert.Contains("no encryption configuration was given", without.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ls_OfAPoint_LeavesNothingInTheSpool()
    {
        string spool = Directory.CreateDirectory(Path.Combine(_coordinator.Folder, "spool")).FullName;

        CliRun run = await RunAsync("etcd", "ls", "latest", "--spool", spool);

        Assert.Contains("settings", run.Out, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(spool));
    }

    [Fact]
    public async Task Diff_PointWithAFile_IsEmptyForTheSame()
    {
        CliRun run = await RunAsync("etcd", "diff", "latest", _etcd.Snapshot);

        Assert.Equal("", run.Out);
    }

    [Fact]
    public async Task Ls_KeyOfARepositoryAndNoStore_DoesNotAskTheCoordinatorInstead()
    {
        CliRun run = await _coordinator.RunAsync("etcd", "ls", "latest", "--recovery-key", "recovery.key");

        Assert.Equal(ExitCodes.Usage, run.Code);
        Assert.Contains("--store", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ls_RefusedByTheCoordinator_IsDenied()
    {
        _coordinator.Api.Failure = new RpcException(new Status(StatusCode.PermissionDenied, "The role worker may not call it."));

        Assert.Equal(ExitCodes.Denied, (await _coordinator.RunAsync("etcd", "ls", "latest")).Code);
    }

    [Fact]
    public async Task Ls_StreamThatEndsEarlyOrLosesPart_ShowsNothing()
    {
        RestoreMessage[] whole = [.. _coordinator.Api.Stream];
        _coordinator.Api.Stream.RemoveAt(whole.Length - 1);
        Assert.Equal(ExitCodes.Unavailable, (await _coordinator.RunAsync("etcd", "ls", "latest")).Code);

        _coordinator.Api.Stream.Clear();
        _coordinator.Api.Stream.Add(Samples.Message(Samples.File("snapshot.db", 10), new RestoreItem { Loss = new Loss { Reason = "a pack is missing" } }, Samples.End(), Samples.Done(1)));
        CliRun lost = await _coordinator.RunAsync("etcd", "ls", "latest");
        Assert.Equal(ExitCodes.Damaged, lost.Code);
        Assert.Contains("a pack is missing", lost.Error, StringComparison.Ordinal);

        _coordinator.Api.Stream.Clear();
        _coordinator.Api.Stream.Add(Samples.Message(Samples.Done(0)));
        Assert.Equal(ExitCodes.Damaged, (await _coordinator.RunAsync("etcd", "ls", "latest")).Code);
    }

    private async Task<CliRun> RunAsync(params string[] arguments)
    {
        CliRun run = await _coordinator.RunAsync(arguments);
        Assert.True(run.Code == ExitCodes.Ok, run.Error);
        return run;
    }

    private void AddFile(string path, byte[] bytes)
    {
        _coordinator.Api.Stream.Add(Samples.Message(Samples.File(path, bytes.Length)));
        long offset = 0;
        foreach (byte[] chunk in bytes.Chunk(1 << 18))
        {
            _coordinator.Api.Stream.Add(Samples.Message(new RestoreItem
            {
                Data = new Data
                {
                    FileOffset = offset,
                    Compression = Compression.None,
                    ChunkLength = chunk.Length,
                    Take = chunk.Length,
                    ChunkId = ByteString.CopyFrom(SHA256.HashData(chunk)),
                    Payload = ByteString.CopyFrom(chunk),
                },
            }));
            offset += chunk.Length;
        }

        _coordinator.Api.Stream.Add(Samples.Message(Samples.End()));
    }
}
