using System.Globalization;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Etcd.Tests.Support;
using K8sBackup.TestKit;

namespace K8sBackup.Etcd.Tests.DataDir;

/// <summary>Boots a real etcd on what we built.</summary>
public sealed class RestoredClusterTests
{
    [Fact]
    public async Task Build_Bumped_ServerAgreesSurvivesAKillAndCanBeBackedUpAgain()
    {
        using var temp = new TemporaryDirectory();
        var snapshot = temp["snapshot.db"];
        await SaveRandomAsync(snapshot, seed: 41);
        var built = new DataDirBuilder().Build(RestoreFixture.Request(snapshot, temp["data"]), CancellationToken.None);
        Assert.Equal(built.RevisionBefore + DataDirRequest.DefaultRevisionBump, built.RevisionAfter);

        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions { DataDirectory = temp["data"] });
        using var etcd = new EtcdGateway(server.Endpoint);
        Assert.Equal((built.KeySpaceHash, built.CompactRevision), await HashKv.OfAsync(server, 0));

        // The placeholder's empty name lies before every range a client can ask for.
        Assert.Equal(built.LiveKeys, await etcd.CountAsync() + 1);
        var status = (await etcd.CallAsync("maintenance/status", new { })).GetProperty("header");
        Assert.Equal(built.ClusterId.ToString(CultureInfo.InvariantCulture), status.GetProperty("cluster_id").GetString());
        Assert.Equal(built.MemberId.ToString(CultureInfo.InvariantCulture), status.GetProperty("member_id").GetString());

        await etcd.PutAsync("/after", [1, 2, 3]);
        Assert.Equal(built.RevisionAfter + 1, await etcd.RevisionAsync());
        var watch = await Assert.ThrowsAsync<InvalidOperationException>(
            () => server.EtcdctlAsync("watch", "--rev", built.RevisionBefore.ToString(CultureInfo.InvariantCulture), "/after"));
        Assert.Contains("compacted", watch.Message, StringComparison.Ordinal);

        await server.KillAsync();
        await server.StartAgainAsync();
        Assert.Equal([1, 2, 3], await etcd.GetAsync("/after"));

        var second = temp["second.db"];
        await server.EtcdctlAsync("snapshot", "save", second);
        var facts = SnapshotVerifier.Verify(second, DigestRule.Required, CancellationToken.None);
        Assert.Equal(built.RevisionAfter + 1, facts.Revision);
        Assert.Equal(await HashKv.OfAsync(server, 0), (facts.KeySpaceHash, facts.CompactRevision));
        var again = new DataDirBuilder().Build(RestoreFixture.Request(second, temp["data2"]), CancellationToken.None);
        await using var third = await EtcdServer.StartAsync(new EtcdServerOptions { DataDirectory = temp["data2"] });
        Assert.Equal((again.KeySpaceHash, again.CompactRevision), await HashKv.OfAsync(third, 0));
    }

    [Fact]
    public async Task Build_NotBumped_HashEqualsTheSource()
    {
        using var temp = new TemporaryDirectory();
        var snapshot = temp["snapshot.db"];
        await using var source = await EtcdServer.StartAsync();
        using var etcd = new EtcdGateway(source.Endpoint);
        await Workload.RunAsync(etcd, seed: 42, steps: 200);
        await source.EtcdctlAsync("snapshot", "save", snapshot);
        var request = RestoreFixture.Request(snapshot, temp["data"]) with { RevisionBump = 0 };

        var built = new DataDirBuilder().Build(request, CancellationToken.None);

        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions { DataDirectory = temp["data"] });
        Assert.Equal(await HashKv.OfAsync(source, 0), await HashKv.OfAsync(server, 0));
        Assert.Equal(built.KeySpaceHash, (await HashKv.OfAsync(server, 0)).Hash);
    }

    [Fact]
    public async Task Build_ThreeMembers_FormOneClusterWithEqualHashes()
    {
        using var temp = new TemporaryDirectory();
        var snapshot = temp["snapshot.db"];
        await SaveRandomAsync(snapshot, seed: 43);
        var ports = FreePorts.Take(3);
        InitialMember[] members = [.. ports.Select((port, i) => new InitialMember($"n{i}", [$"http://127.0.0.1:{port}"]))];
        var built = members.Select(member => new DataDirBuilder().Build(
            RestoreFixture.Request(snapshot, temp[member.Name], members) with { MemberName = member.Name }, CancellationToken.None)).ToArray();

        var starting = members.Select(member => EtcdServer.StartAsync(new EtcdServerOptions
        {
            Name = member.Name,
            DataDirectory = temp[member.Name],
            ExtraArguments = ["--listen-peer-urls", member.PeerUrls[0], "--initial-advertise-peer-urls", member.PeerUrls[0], "--initial-cluster", $"{member.Name}={member.PeerUrls[0]}"],
        })).ToArray();
        var servers = await Task.WhenAll(starting);
        try
        {
            using (var etcd = new EtcdGateway(servers[0].Endpoint))
            {
                await etcd.PutAsync("/written", [7]);
            }

            Assert.Single(built.Select(each => each.KeySpaceHash).Distinct());
            Assert.Equal(3, built.Select(each => each.MemberId).Distinct().Count());
            foreach (var server in servers)
            {
                using var etcd = new EtcdGateway(server.Endpoint);
                Assert.Equal([7], await etcd.GetAsync("/written"));
                var list = await etcd.CallAsync("cluster/member/list", new { });
                Assert.Equal(
                    built[0].MemberIds.Select(id => id.ToString(CultureInfo.InvariantCulture)).Order(StringComparer.Ordinal),
                    list.GetProperty("members").EnumerateArray().Select(each => each.GetProperty("ID").GetString()!).Order(StringComparer.Ordinal));
            }

            var hashes = new List<(uint, long)>();
            foreach (var server in servers)
            {
                hashes.Add(await HashKv.OfAsync(server, built[0].RevisionAfter + 1));
            }

            Assert.Single(hashes.Distinct());
        }
        finally
        {
            foreach (var server in servers)
            {
                await server.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task Build_NoSpaceSource_ServerTakesWrites()
    {
        using var temp = new TemporaryDirectory();
        var snapshot = temp["snapshot.db"];
        await using (var source = await EtcdServer.StartAsync(new EtcdServerOptions { ExtraArguments = ["--quota-backend-bytes=1048576"] }))
        {
            using var full = new EtcdGateway(source.Endpoint);
            await Assert.ThrowsAsync<InvalidOperationException>(async () =>
            {
                for (var i = 0; i < 100; i++)
                {
                    await full.PutAsync($"big-{i}", new byte[100_000]);
                }
            });
            await source.EtcdctlAsync("snapshot", "save", snapshot);
        }

        new DataDirBuilder().Build(RestoreFixture.Request(snapshot, temp["data"]), CancellationToken.None);

        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions { DataDirectory = temp["data"] });
        using var etcd = new EtcdGateway(server.Endpoint);
        await etcd.PutAsync("/works", [1]);
        Assert.Equal([1], await etcd.GetAsync("/works"));
    }

    [Fact]
    public async Task Build_CompactionPendingInSource_ServerFinishesIt()
    {
        using var temp = new TemporaryDirectory();
        var snapshot = temp["snapshot.db"];
        await SaveRandomAsync(snapshot, seed: 44);

        // A database just built is one whose compaction is scheduled and not done, and it ends in no digest.
        var first = new DataDirBuilder().Build(RestoreFixture.Request(snapshot, temp["first"]), CancellationToken.None);
        var request = RestoreFixture.Request(Path.Combine(first.MemberDirectory, "snap", "db"), temp["second"]) with { Digest = DigestRule.Absent };
        Assert.True(SnapshotVerifier.Verify(request.DatabasePath, DigestRule.Absent, CancellationToken.None).CompactionPending);

        var second = new DataDirBuilder().Build(request, CancellationToken.None);

        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions { DataDirectory = temp["second"] });
        Assert.Equal((second.KeySpaceHash, second.CompactRevision), await HashKv.OfAsync(server, 0));
    }

    [Fact]
    public async Task TryAcquire_RunningEtcd_IsHeldAndFreeAfterwards()
    {
        await using var server = await EtcdServer.StartAsync();
        var member = Path.Combine(server.DataDirectory, "member");
        using (var held = DataDirLock.TryAcquire(member, null))
        {
            Assert.Equal(DataDirUse.DatabaseHeld, held.Use);
        }

        // With the database moved away only the WAL lock is left to tell.
        File.Move(Path.Combine(member, "snap", "db"), Path.Combine(member, "snap", "db-away"));
        using (var held = DataDirLock.TryAcquire(member, null))
        {
            Assert.Equal(DataDirUse.WalHeld, held.Use);
        }

        File.Move(Path.Combine(member, "snap", "db-away"), Path.Combine(member, "snap", "db"));
        await server.StopAsync();
        using (var held = DataDirLock.TryAcquire(member, null))
        {
            Assert.Equal(DataDirUse.Free, held.Use);
        }

        await server.StartAgainAsync();
    }

    private static async Task SaveRandomAsync(string snapshot, int seed)
    {
        await using var source = await EtcdServer.StartAsync();
        using var etcd = new EtcdGateway(source.Endpoint);
        await Workload.RunAsync(etcd, seed, steps: 200);
        await source.EtcdctlAsync("snapshot", "save", snapshot);
    }
}
