using System.Text;
using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.Tests.Support;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Certificates;
using K8sBackup.Transport.V1;
using EntryKind = K8sBackup.Model.Trees.EntryKind;

namespace K8sBackup.Agent.Tests.Etcd;

public sealed class EtcdBackupTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TestCertificateAuthority _authority = TestCertificateAuthority.Create();
    private FakeCoordinator _coordinator = null!;

    public async Task InitializeAsync() => _coordinator = await FakeCoordinator.StartAsync(_directory.Path);

    public async Task DisposeAsync()
    {
        await _coordinator.DisposeAsync();
        _authority.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task BackUp_RealEtcdOverTlsThenRestore_BringsEveryKeyBack()
    {
        await using EtcdServer etcd = await EtcdServer.StartAsync(new EtcdServerOptions { Authority = _authority });
        for (int i = 0; i < 50; i++)
        {
            await etcd.EtcdctlAsync("put", $"/registry/key{i}", new string('v', 100 + i));
        }

        AgentOptions options = Options();
        Work backup = Backup(etcd);
        WorkResult captured = await RunAsync(options, backup);
        Assert.True(captured.Backup is not null, $"{captured}");
        Finish finish = Assert.Single(_coordinator.Upload.Finished);
        Assert.Equal((50, "m1"), ((int)finish.Etcd.Keys, finish.Etcd.MemberName));
        Assert.Equal(["V1", "V2", "V3", "V4"], finish.Etcd.Verified);
        Assert.Equal((EtcdProofState.Agrees, finish.Etcd.HashKv), (Assert.Single(finish.Etcd.Proof).State, finish.Etcd.Proof[0].HashKv));
        Assert.StartsWith("3.4", finish.Etcd.ServerVersion, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(options.SpoolDirectory));
        await OfferAsync(finish);

        WorkResult refused = await RunAsync(options, Restore(etcd));
        Assert.Equal("TargetInUse", refused.Failure.Cause);
        await etcd.EtcdctlAsync("del", "/registry/", "--prefix");
        await etcd.StopAsync();
        Work restore = Restore(etcd);
        WorkResult restored = await RunAsync(options, restore);
        int fetches = _coordinator.Download.Fetches;
        // As after an agent that died between its swap and its report: the same work finishes without doing it again.
        Directory.Delete(options.ResultsDirectory, recursive: true);
        Assert.Equal(restored.Restore, (await RunAsync(options, restore)).Restore);
        Assert.Equal(fetches, _coordinator.Download.Fetches);

        Assert.True(restored.Restore is not null, $"{restored}");
        EtcdRestoreReport report = restored.Restore.Etcd;
        Assert.Equal((50, finish.Etcd.Revision), ((int)report.Keys, report.SnapshotRevision));
        Assert.Equal(report.SnapshotRevision + 1_000_000_000, report.RestoredRevision);
        Assert.True(Directory.Exists(Path.Combine(options.HostRoot, report.FormerData.TrimStart('/'))));
        await etcd.StartAgainAsync();
        Assert.Equal(new string('v', 107), (await etcd.EtcdctlAsync("get", "/registry/key7", "--print-value-only")).Trim());
    }

    [Fact]
    public async Task BackUp_LocalMemberCorrupt_IsKeptAsSuspectAndAnotherIsReadWhenAsked()
    {
        await using EtcdCluster cluster = await EtcdCluster.StartAsync();
        await cluster.Members[0].EtcdctlAsync("put", "/registry/a", "value-before-the-flip");
        await cluster.Members[0].StopAsync();
        string database = Path.Combine(cluster.Members[0].DataDirectory, "member", "snap", "db");
        string text = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(database));
        await File.WriteAllBytesAsync(database, Encoding.Latin1.GetBytes(text.Replace("value-before-the-flip", "value-before-the-flop", StringComparison.Ordinal)));
        await cluster.Members[0].StartAgainAsync();

        Assert.NotNull((await RunAsync(Options(), Backup(cluster.Members[0]))).Backup);
        Finish suspect = _coordinator.Upload.Finished.Last();
        Work second = Backup(cluster.Members[0]);
        second.Backup.Etcd.AvoidMemberIds.Add(suspect.Etcd.MemberId);
        Assert.NotNull((await RunAsync(Options(), second)).Backup);
        Finish good = _coordinator.Upload.Finished.Last();

        Assert.Equal((Transport.V1.Outcome.PartiallyFailed, "m1"), (suspect.Outcome, suspect.Etcd.MemberName));
        Assert.Equal([EtcdProofState.Agrees, EtcdProofState.Differs, EtcdProofState.Differs], suspect.Etcd.Proof.Select(proof => proof.State));
        Assert.NotEqual("m1", good.Etcd.MemberName);
        Assert.Equal((Transport.V1.Outcome.Completed, 2), (good.Outcome, good.Etcd.Proof.Count(proof => proof.State == EtcdProofState.Agrees)));
        Assert.Contains(good.Etcd.Notes, note => note.StartsWith("The member of this node, m1, was not read: its data differed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task BackUp_NothingListens_IsEtcdUnavailable()
    {
        Work work = Backup("http://127.0.0.1:1");

        WorkResult result = await RunAsync(Options(), work);

        Assert.Equal("EtcdUnavailable", result.Failure.Cause);
        Assert.Equal($"etcd/cluster@{AgentHarness.Node}", result.Failure.Source);
    }

    [Fact]
    public async Task BackUp_NoManifestAndNoEndpoint_IsSourceMissing()
    {
        Assert.Equal("SourceMissing", (await RunAsync(Options(), Backup(""))).Failure.Cause);
    }

    [Fact]
    public async Task BackUp_WrongClientCertificateFile_IsSourceUnreadable()
    {
        await using EtcdServer etcd = await EtcdServer.StartAsync(new EtcdServerOptions { Authority = _authority });
        Work work = Backup(etcd);
        work.Backup.Etcd.CertificateFile = "/nowhere.crt";

        Assert.Equal("SourceUnreadable", (await RunAsync(Options(), work)).Failure.Cause);
    }

    [Fact]
    public async Task BackUp_SpoolTooSmall_IsSpoolFull()
    {
        await using EtcdServer etcd = await EtcdServer.StartAsync();

        WorkResult result = await RunAsync(Options() with { SpoolBytesMax = 8192 }, Backup(etcd));

        Assert.Equal("SpoolFull", result.Failure.Cause);
    }

    [Fact]
    public async Task Restore_StreamWithoutEnd_FailsAndLeavesNothing()
    {
        await using EtcdServer etcd = await EtcdServer.StartAsync();
        await etcd.EtcdctlAsync("put", "a", "b");
        AgentOptions options = Options();
        await RunAsync(options, Backup(etcd));
        await OfferAsync(_coordinator.Upload.Finished.Single());
        await etcd.StopAsync();
        byte[] before = await File.ReadAllBytesAsync(Path.Combine(etcd.DataDirectory, "member", "snap", "db"));
        _coordinator.Download.Items[^2].Data.ChunkId = Google.Protobuf.ByteString.CopyFrom(new byte[32]);

        WorkResult result = await RunAsync(options, Restore(etcd));

        Assert.Equal("StoreCorrupt", result.Failure.Cause);
        Assert.Equal(["member"], Directory.GetFileSystemEntries(etcd.DataDirectory).Select(Path.GetFileName));
        Assert.Equal(before, await File.ReadAllBytesAsync(Path.Combine(etcd.DataDirectory, "member", "snap", "db")));
    }

    [Fact]
    public async Task Restore_DataDirectoryOutsideEverything_IsRefused()
    {
        Work work = Restore("/etc", "m1", ["http://127.0.0.1:2380"]);

        Assert.Equal("PermissionDenied", (await RunAsync(Options(), work)).Failure.Cause);
        Assert.Equal(0, _coordinator.Download.Fetches);
    }

    private static Work Backup(EtcdServer etcd)
    {
        Work work = Backup(etcd.Endpoint.ToString());
        work.Backup.Etcd.CaFile = etcd.AuthorityPath ?? "";
        work.Backup.Etcd.CertificateFile = etcd.ClientFiles?.CertificatePath ?? "";
        work.Backup.Etcd.KeyFile = etcd.ClientFiles?.KeyPath ?? "";
        return work;
    }

    private static Work Backup(string endpoint) => new()
    {
        WorkId = WorkMessages.NewId(),
        Backup = new BackupTask { RunId = WorkMessages.NewId(), Source = Source(), Etcd = new EtcdOptions { Endpoint = endpoint } },
    };

    private static Work Restore(EtcdServer etcd) => Restore(etcd.DataDirectory, "m1", [etcd.PeerEndpoint.GetLeftPart(UriPartial.Authority)]);

    private static Work Restore(string directory, string member, string[] peers) => new()
    {
        WorkId = WorkMessages.NewId(),
        Restore = new RestoreTask
        {
            RestoreId = WorkMessages.NewId(),
            SnapshotId = WorkMessages.NewId(),
            Source = Source(),
            Etcd = new RestoreEtcdOptions { DataDir = directory, MemberName = member, PeerUrls = { peers }, ClusterToken = $"kb-restore-{WorkMessages.NewId()}" },
        },
    };

    private static Transport.V1.SourceKey Source() => new() { Node = AgentHarness.Node, Kind = Transport.V1.SourceKind.Etcd, Name = "cluster" };

    // The node's paths are this machine's, so that certificates and data directory are found where etcd has them.
    private AgentOptions Options() => AgentHarness.Options(_coordinator, _directory.Path) with { HostRoot = "/", RestoreRoots = [Path.GetTempPath().TrimEnd('/')] };

    private async Task<WorkResult> RunAsync(AgentOptions options, Work work)
    {
        await using AgentHarness agent = await AgentHarness.StartAsync(options);
        FakeSession session = await _coordinator.Sessions.NextAsync();
        await session.SendAsync(work);
        WorkResult result = await session.ResultAsync();
        while (result.WorkId != work.WorkId)
        {
            result = await session.ResultAsync();
        }

        return result;
    }

    private async Task OfferAsync(Finish finish)
    {
        _coordinator.Download.Items.Clear();
        TreeReader tree = new(_coordinator.Upload, new ChunkId(finish.Root.Span));
        await foreach (TreeEntry entry in tree.WalkAsync(CancellationToken.None))
        {
            _coordinator.Download.Items.AddRange(await RestoreItems.OfAsync(entry, _coordinator.Upload));
        }

        Assert.Equal(EntryKind.File, (EntryKind)(int)_coordinator.Download.Items.Last(item => item.Entry is not null).Entry.Kind);
    }
}
