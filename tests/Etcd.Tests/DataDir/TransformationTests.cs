using System.Globalization;
using K8sBackup.Etcd.Bolt;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Etcd.Tests.Support;
using K8sBackup.TestKit;

namespace K8sBackup.Etcd.Tests.DataDir;

/// <summary>What a restore changes on the way: each change is named, everything else is as it was, and a real etcd agrees.</summary>
public sealed class TransformationTests : IDisposable
{
    private readonly TemporaryDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Build_AddressesOfApiServers_AreLeftOutUnderAnyPrefixAndNothingElse()
    {
        var snapshot = _temp["snapshot.db"];
        List<StoredKey> before;
        await using (var source = await EtcdServer.StartAsync())
        {
            using var etcd = new EtcdGateway(source.Endpoint);
            var lease = await etcd.GrantAsync(86400);
            foreach (var (key, leased) in new[]
            {
                ("/registry/masterleases/10.0.0.1", true), ("/registry/masterleases/10.0.0.2", true), ("/cloud/one/masterleases/fd00::1", true),
                ("/registry/masterleases/10.0.0.3", false), ("/registry/masterleases/no-address", true), ("/registry/masterleases/", true),
                ("/registry/configmaps/masterleases/10.0.0.1", false), ("/registry/events/default/start", true), ("/registry/pods/a/b", false),
            })
            {
                await etcd.PutAsync(key, [1], leased ? lease : 0);
                await etcd.PutAsync(key, [2], leased ? lease : 0);
            }

            await etcd.DeleteAsync("/registry/masterleases/10.0.0.2");
            before = await etcd.AllAsync();
            await source.EtcdctlAsync("snapshot", "save", snapshot);
        }

        var built = new DataDirBuilder().Build(RestoreFixture.Request(snapshot, _temp["data"]), CancellationToken.None);

        Assert.Equal(2, CountOf(built, DataDirTransformationKind.MasterLeasesDropped));
        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions { DataDirectory = _temp["data"] });
        using var restored = new EtcdGateway(server.Endpoint);
        Assert.Equal((built.KeySpaceHash, built.CompactRevision), await HashKv.OfAsync(server, 0));
        string[] dropped = ["/registry/masterleases/10.0.0.1", "/cloud/one/masterleases/fd00::1"];
        Assert.Equal(before.Where(each => !dropped.Contains(each.Key)), await restored.AllAsync());
        Assert.Equal(before.Count - 2, built.LiveKeys - 1);
        Assert.Contains("granted with TTL(86400s)", await server.EtcdctlAsync("lease", "timetolive", LeaseOf(before)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(DataDirRequest.DefaultRevisionBump)]
    public async Task Build_RevisionInHistory_EveryKeyIsAsItWasThen(long bump)
    {
        var snapshot = _temp["snapshot.db"];
        await using var source = await EtcdServer.StartAsync();
        using var etcd = new EtcdGateway(source.Endpoint);
        await Workload.RunAsync(etcd, seed: 71, steps: 60);
        await etcd.CompactAsync(await etcd.RevisionAsync() - 5, physical: true);
        var lease = await etcd.GrantAsync(86400);
        await etcd.PutAsync("/registry/events/default/gone-since", [9], lease);
        var chosen = await etcd.RevisionAsync();
        var then = await etcd.AllAsync();
        await etcd.CallAsync("lease/revoke", new { ID = lease.ToString(CultureInfo.InvariantCulture) });
        await Workload.RunAsync(etcd, seed: 72, steps: 20, compacts: false);
        await source.EtcdctlAsync("snapshot", "save", snapshot);
        var newest = await etcd.RevisionAsync();
        var request = RestoreFixture.Request(snapshot, _temp["data"]) with { Revision = chosen, RevisionBump = bump };

        var built = new DataDirBuilder().Build(request, CancellationToken.None);

        Assert.Equal((chosen, bump > 0 ? newest + bump : chosen), (built.RevisionBefore, built.RevisionAfter));
        Assert.Equal(1, CountOf(built, DataDirTransformationKind.LeasesRegranted));
        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions { DataDirectory = _temp["data"] });
        using var restored = new EtcdGateway(server.Endpoint);
        Assert.Equal(then, await restored.AllAsync());
        Assert.Equal((built.KeySpaceHash, built.CompactRevision), await HashKv.OfAsync(server, 0));
        if (bump == 0)
        {
            Assert.Equal(await HashKv.OfAsync(source, chosen), await HashKv.OfAsync(server, 0));
        }

        // The key whose lease ended since will end again.
        var ttl = await server.EtcdctlAsync("lease", "timetolive", "--keys", lease.ToString("x", CultureInfo.InvariantCulture));
        Assert.Contains("granted with TTL(3600s)", ttl, StringComparison.Ordinal);
        Assert.Contains("gone-since", ttl, StringComparison.Ordinal);
        await restored.PutAsync("/after", [1]);
        Assert.Equal(built.RevisionAfter + 1, await restored.RevisionAsync());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(12)]
    [InlineData(long.MaxValue)]
    public void Build_RevisionNotInHistory_IsRefusedAndLeavesNothing(long revision)
    {
        var request = Request(SampleDatabase.Write(_temp["db"], compactRevision: 5)) with { Revision = revision };

        var error = Assert.Throws<DataDirException>(() => new DataDirBuilder().Build(request, CancellationToken.None));

        Assert.Equal(DataDirFault.RevisionUnavailable, error.Fault);
        Assert.Contains("5 to 11", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(request.StageDirectory));
    }

    [Fact]
    public void Build_BumpBeyondAllNumbers_IsRefused()
    {
        var request = Request(SampleDatabase.Write(_temp["db"])) with { RevisionBump = long.MaxValue - 10 };

        var error = Assert.Throws<DataDirException>(() => new DataDirBuilder().Build(request, CancellationToken.None));

        Assert.Equal(DataDirFault.RevisionUnavailable, error.Fault);
    }

    [Theory]
    [InlineData(5, 6)]
    [InlineData(8, 3)]
    [InlineData(11, 0)]
    public void Build_EveryRevisionInHistory_HasTheValueOfThen(long revision, long dropped)
    {
        var request = Request(SampleDatabase.Write(_temp["db"], compactRevision: 5)) with { Revision = revision };

        var built = new DataDirBuilder().Build(request, CancellationToken.None);

        Assert.Equal(dropped, CountOf(built, DataDirTransformationKind.HistoryDropped));
        using var file = BoltFile.Open(Path.Combine(built.MemberDirectory, "snap", "db"));
        var entries = new KeyBucketReader(file.OpenCursor(file.FindBucket("key"u8)!), CancellationToken.None);
        byte last = 0;
        while (entries.MoveNext() && !entries.RawValue.IsEmpty)
        {
            last = entries.Record.Value[0];
        }

        Assert.Equal(revision, last);
        Assert.Equal(11 + DataDirRequest.DefaultRevisionBump, built.RevisionAfter);
    }

    [Fact]
    public async Task Build_Everything_IsNamedInOrderAndForecastTheSame()
    {
        var snapshot = _temp["snapshot.db"];
        await using (var source = await EtcdServer.StartAsync())
        {
            using var etcd = new EtcdGateway(source.Endpoint);
            await etcd.PutAsync("/big", new byte[300_000]);
            await etcd.DeleteAsync("/big");
            var revision = await etcd.RevisionAsync();
            await etcd.CompactAsync(revision, physical: true);
            await etcd.PutAsync("/small", [1]);
            await source.EtcdctlAsync("snapshot", "save", snapshot);
        }

        var facts = SnapshotVerifier.Verify(snapshot, DigestRule.Required, CancellationToken.None);
        var built = new DataDirBuilder().Build(RestoreFixture.Request(snapshot, _temp["data"]), CancellationToken.None);
        var forecast = await DatabaseForecast.OfAsync(snapshot, facts, null, DataDirRequest.DefaultRevisionBump, 1, CancellationToken.None);

        Assert.Equal(
            [DataDirTransformationKind.MembershipReplaced, DataDirTransformationKind.RevisionBumped, DataDirTransformationKind.FreePagesDropped],
            built.Transformations.Select(each => each.Kind));
        Assert.Equal(built.Transformations, forecast.Transformations);
        Assert.Equal((built.KeySpaceHash, built.LiveKeys), (forecast.KeySpaceHash, forecast.LiveKeys));
        Assert.InRange(CountOf(built, DataDirTransformationKind.FreePagesDropped), 70, 200);
        Assert.Equal(0, SnapshotVerifier.Verify(Path.Combine(built.MemberDirectory, "snap", "db"), DigestRule.Absent, CancellationToken.None).FreePages);
    }

    [Fact]
    public void Build_DowngradeAndAlarmInSource_AreNamed()
    {
        var built = new DataDirBuilder().Build(
            Request(SampleDatabase.Write(_temp["db"], "3.4.0", withAlarm: true)), CancellationToken.None);

        Assert.Equal(1, CountOf(built, DataDirTransformationKind.DowngradeCleared));
        Assert.Equal(1, CountOf(built, DataDirTransformationKind.AlarmsCleared));
        var facts = SnapshotVerifier.Verify(Path.Combine(built.MemberDirectory, "snap", "db"), DigestRule.Absent, CancellationToken.None);
        Assert.Empty(facts.Alarms);
    }

    private static long CountOf(BuiltDataDir built, DataDirTransformationKind kind) =>
        built.Transformations.SingleOrDefault(each => each.Kind == kind)?.Count ?? 0;

    private static string LeaseOf(IEnumerable<StoredKey> keys) =>
        keys.First(each => each.Lease != 0).Lease.ToString("x", CultureInfo.InvariantCulture);

    private DataDirRequest Request(string database) =>
        RestoreFixture.Request(database, _temp["stage"]) with { Digest = DigestRule.Absent };
}
