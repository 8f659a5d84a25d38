using System.Text;
using K8sBackup.Etcd.Bolt;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Etcd.Tests.Support;
using K8sBackup.TestKit;

namespace K8sBackup.Etcd.Tests.DataDir;

/// <summary>The whole way on one node with a real etcd: stage, refuse while it runs, swap, run, roll back, run the old one.</summary>
public sealed class RestoreInPlaceTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Swap_RealMember_RunsRestoredAndOldAgain(bool separateWal)
    {
        using var temp = new TemporaryDirectory();
        var data = Directory.CreateDirectory(temp["data"]).FullName;
        var wal = separateWal ? Directory.CreateDirectory(temp["wal"]).FullName : null;
        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions
        {
            DataDirectory = data,
            ExtraArguments = wal is null ? [] : ["--wal-dir", wal],
        });
        using var etcd = new EtcdGateway(server.Endpoint);
        await etcd.PutAsync("/state", "saved"u8.ToArray());
        var snapshot = temp["snapshot.db"];
        await server.EtcdctlAsync("snapshot", "save", snapshot);
        await etcd.PutAsync("/state", "later"u8.ToArray());

        var target = new SwapTarget { DataDirectory = data, WalDirectory = wal, Id = "01J" };
        var peer = server.PeerEndpoint.GetLeftPart(UriPartial.Authority);
        var built = new DataDirBuilder().Build(
            RestoreFixture.Request(snapshot, target.StageDirectory, new InitialMember("m1", [peer])) with
            {
                WalStageDirectory = target.WalStageDirectory,
                LabelFrom = target.MemberDirectory,
            },
            CancellationToken.None);
        var swap = new DataDirSwap(target);
        Assert.Equal(DataDirFault.InUse, Assert.Throws<DataDirException>(swap.Execute).Fault);
        Assert.Equal("later"u8.ToArray(), await etcd.GetAsync("/state"));

        await server.StopAsync();
        swap.Execute();
        await server.StartAgainAsync();
        Assert.Equal("saved"u8.ToArray(), await etcd.GetAsync("/state"));
        Assert.Equal((built.KeySpaceHash, built.CompactRevision), await HashKv.OfAsync(server, 0));
        await etcd.PutAsync("/state", "new history"u8.ToArray());
        Assert.Equal(DataDirFault.InUse, Assert.Throws<DataDirException>(swap.Rollback).Fault);

        await server.StopAsync();
        swap.Rollback();
        await server.StartAgainAsync();
        Assert.Equal("later"u8.ToArray(), await etcd.GetAsync("/state"));
    }

    [Fact]
    public async Task Compute_MemberWithOneChangedValue_DiffersFromWhatItAnswers()
    {
        using var temp = new TemporaryDirectory();
        await using var server = await EtcdServer.StartAsync();
        using var etcd = new EtcdGateway(server.Endpoint);
        await etcd.PutAsync("/precious", Encoding.ASCII.GetBytes("the value as written"));
        var snapshot = temp["snapshot.db"];
        await server.EtcdctlAsync("snapshot", "save", snapshot);
        var facts = SnapshotVerifier.Verify(snapshot, DigestRule.Required, CancellationToken.None);
        Assert.Equal(facts.KeySpaceHash, (await HashKv.OfAsync(server, facts.Revision)).Hash);

        await server.StopAsync();
        var path = Path.Combine(server.DataDirectory, "member", "snap", "db");
        var bytes = await File.ReadAllBytesAsync(path);
        for (var at = bytes.AsSpan().IndexOf("the value"u8); at >= 0;)
        {
            bytes[at] ^= 1;
            at = bytes.AsSpan().IndexOf("the value"u8);
        }

        await File.WriteAllBytesAsync(path, bytes);
        await server.StartAgainAsync();

        // Structure and digest of a snapshot of the damaged member are fine; only the hash tells.
        var damaged = temp["damaged.db"];
        await server.EtcdctlAsync("snapshot", "save", damaged);
        var second = SnapshotVerifier.Verify(damaged, DigestRule.Required, CancellationToken.None);
        using var file = BoltFile.Open(damaged);
        Assert.NotEqual(facts.KeySpaceHash, KeySpaceHasher.Compute(file, facts.Revision, facts.CompactRevision, CancellationToken.None));
        Assert.Equal(0, second.InconsistentEntries);
    }

    [Fact]
    public async Task Build_AuthEnabledSource_UsersAndSwitchSurvive()
    {
        using var temp = new TemporaryDirectory();
        var snapshot = temp["snapshot.db"];
        await using (var source = await EtcdServer.StartAsync())
        {
            using var etcd = new EtcdGateway(source.Endpoint);
            await etcd.PutAsync("/secret", [1]);
            await source.EtcdctlAsync("user", "add", "root:pw");
            await source.EtcdctlAsync("user", "grant-role", "root", "root");
            await source.EtcdctlAsync("snapshot", "save", snapshot);
            await source.EtcdctlAsync("auth", "enable");
            await source.EtcdctlAsync("--user", "root:pw", "snapshot", "save", snapshot);
        }

        Assert.True(SnapshotVerifier.Verify(snapshot, DigestRule.Required, CancellationToken.None).AuthEnabled);
        new DataDirBuilder().Build(RestoreFixture.Request(snapshot, temp["data"]), CancellationToken.None);

        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions { DataDirectory = temp["data"] });
        await Assert.ThrowsAsync<InvalidOperationException>(() => server.EtcdctlAsync("get", "/secret"));
        Assert.Contains("/secret", await server.EtcdctlAsync("--user", "root:pw", "get", "/secret"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Build_LearnerInSource_IsNotAMemberAnyMore()
    {
        using var temp = new TemporaryDirectory();
        var snapshot = temp["snapshot.db"];
        await using (var source = await EtcdServer.StartAsync())
        {
            await source.EtcdctlAsync("member", "add", "learner", "--learner", "--peer-urls=http://127.0.0.1:9");
            await source.EtcdctlAsync("snapshot", "save", snapshot);
        }

        var facts = SnapshotVerifier.Verify(snapshot, DigestRule.Required, CancellationToken.None);
        Assert.Equal(2, facts.Members.Count);
        Assert.True(facts.Members.Single(member => member.PeerUrls[0] == "http://127.0.0.1:9").IsLearner);
        new DataDirBuilder().Build(RestoreFixture.Request(snapshot, temp["data"]), CancellationToken.None);

        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions { DataDirectory = temp["data"] });
        using var etcd = new EtcdGateway(server.Endpoint);
        var list = await etcd.CallAsync("cluster/member/list", new { });
        Assert.Equal(1, list.GetProperty("members").GetArrayLength());
    }
}
