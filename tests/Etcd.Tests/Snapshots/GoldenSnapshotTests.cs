using System.Text.Json;
using K8sBackup.Etcd.Bolt;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Etcd.Tests.Support;
using K8sBackup.TestKit;

namespace K8sBackup.Etcd.Tests.Snapshots;

/// <summary>Compares every number we compute from a snapshot with what etcd and etcdctl 3.4 say about it.</summary>
public sealed class GoldenSnapshotTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 400)]
    [InlineData(4, 1500)]
    public async Task Verify_RandomWorkload_MatchesEtcdctlAndServer(int seed, int steps)
    {
        using var temp = new TemporaryDirectory();
        await using var server = await EtcdServer.StartAsync();
        using var etcd = new EtcdGateway(server.Endpoint);
        if (steps > 0)
        {
            await Workload.RunAsync(etcd, seed, steps);
        }

        var path = temp["snapshot.db"];
        await server.EtcdctlAsync("snapshot", "save", path);
        using var status = JsonDocument.Parse(await server.EtcdctlAsync("snapshot", "status", path, "-w", "json"));
        var revision = await etcd.RevisionAsync();

        var facts = SnapshotVerifier.Verify(path, DigestRule.Required, CancellationToken.None);

        Assert.Equal(status.RootElement.GetProperty("hash").GetUInt32(), facts.StatusHash);
        Assert.Equal(status.RootElement.GetProperty("totalKey").GetInt64(), facts.EntriesTotal);
        Assert.Equal(status.RootElement.GetProperty("totalSize").GetInt64(), facts.DatabaseBytes);
        Assert.Equal(revision, facts.Revision);
        Assert.Equal(await etcd.CountAsync(), facts.LiveKeys);
        Assert.Equal(0, facts.InconsistentEntries);
        Assert.Equal(new EtcdVersion(3, 4), facts.Version);
        Assert.Equal("m1", Assert.Single(facts.Members).Name);
        Assert.Equal(steps > 0 ? 1 : 0, facts.Leases);
        Assert.False(facts.AuthEnabled);
        var live = await HashKv.OfAsync(server, 0);
        Assert.Equal(live, (facts.KeySpaceHash, facts.CompactRevision == 0 ? -1 : facts.CompactRevision));
    }

    [Fact]
    public async Task Compute_EveryRevisionAndLaterCompaction_MatchesServer()
    {
        using var temp = new TemporaryDirectory();
        await using var server = await EtcdServer.StartAsync();
        using var etcd = new EtcdGateway(server.Endpoint);
        await Workload.RunAsync(etcd, seed: 11, steps: 120);
        var path = temp["snapshot.db"];
        await server.EtcdctlAsync("snapshot", "save", path);
        using var file = BoltFile.Open(path);
        var facts = SnapshotVerifier.Verify(path, DigestRule.Required, CancellationToken.None);
        var last = facts.Revision;

        // 3.4 answers "compacted" already when the revision equals the compact revision.
        for (var revision = facts.CompactRevision + 1; revision <= last; revision += 7)
        {
            var (hash, compact) = await HashKv.OfAsync(server, revision);
            Assert.Equal(hash, KeySpaceHasher.Compute(file, revision, compact, CancellationToken.None));
        }

        // The member compacts after our snapshot: the old snapshot still predicts its answers.
        for (var compaction = facts.CompactRevision + 5; compaction < last; compaction += 11)
        {
            await etcd.CompactAsync(compaction, physical: false);
            var (hash, compact) = await HashKv.OfAsync(server, last);
            Assert.Equal(compaction, compact);
            Assert.Equal(hash, KeySpaceHasher.Compute(file, last, compact, CancellationToken.None));
        }
    }

    [Fact]
    public async Task Verify_NoSpaceAlarmAndAuth_AreReported()
    {
        using var temp = new TemporaryDirectory();
        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions { ExtraArguments = ["--quota-backend-bytes=1048576"] });
        using var etcd = new EtcdGateway(server.Endpoint);
        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                await etcd.PutAsync($"big-{i}", new byte[100_000]);
            }
        });
        var path = temp["snapshot.db"];
        await server.EtcdctlAsync("snapshot", "save", path);

        var facts = SnapshotVerifier.Verify(path, DigestRule.Required, CancellationToken.None);

        var alarm = Assert.Single(facts.Alarms);
        Assert.Equal(EtcdAlarmKind.NoSpace, alarm.Kind);
        Assert.Equal(facts.Members[0].Id, alarm.MemberId);
    }

    [Fact]
    public async Task Verify_TableSmallerThanKeySpace_GivesTheSameAnswer()
    {
        using var temp = new TemporaryDirectory();
        await using var server = await EtcdServer.StartAsync();
        using var etcd = new EtcdGateway(server.Endpoint);
        await Workload.RunAsync(etcd, seed: 21, steps: 300);
        var path = temp["snapshot.db"];
        await server.EtcdctlAsync("snapshot", "save", path);
        using var file = BoltFile.Open(path);

        var whole = new DatabaseInspector(file).Inspect(0, null, CancellationToken.None);
        var inParts = new DatabaseInspector(file, keysMax: 40).Inspect(0, null, CancellationToken.None);

        Assert.Equal(whole.LiveKeys, inParts.LiveKeys);
        Assert.Equal(whole.KeySpaceHash, inParts.KeySpaceHash);
        Assert.True(whole.LiveKeys > 40);
    }

    [Fact]
    public async Task Verify_CutOrChangedFile_NamesTheFault()
    {
        using var temp = new TemporaryDirectory();
        await using var server = await EtcdServer.StartAsync();
        var path = temp["snapshot.db"];
        await server.EtcdctlAsync("snapshot", "save", path);
        var good = await File.ReadAllBytesAsync(path);

        SnapshotFault FaultOf(byte[] bytes)
        {
            File.WriteAllBytes(path, bytes);
            return Assert.Throws<SnapshotInvalidException>(
                () => SnapshotVerifier.Verify(path, DigestRule.Required, CancellationToken.None)).Fault;
        }

        Assert.Equal(SnapshotFault.DigestMissing, FaultOf(good[..^32]));
        Assert.Equal(SnapshotFault.DigestMissing, FaultOf(good[..^1]));
        Assert.Equal(SnapshotFault.DigestMissing, FaultOf([]));
        Assert.Equal(SnapshotFault.DigestMissing, FaultOf(good[^32..]));
        var flipped = (byte[])good.Clone();
        flipped[flipped.Length / 2] ^= 1;
        Assert.Equal(SnapshotFault.DigestMismatch, FaultOf(flipped));
        var body = good[..^32].Concat(new byte[4096]).ToArray();
        Assert.Equal(
            SnapshotFault.LengthMismatch, FaultOf([.. body, .. System.Security.Cryptography.SHA256.HashData(body)]));
    }
}
