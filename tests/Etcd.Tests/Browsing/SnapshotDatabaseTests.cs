using System.Text;
using K8sBackup.Etcd.Bolt;
using K8sBackup.Etcd.Browsing;
using K8sBackup.Etcd.Client;
using K8sBackup.Etcd.Tests.Support;
using K8sBackup.TestKit;

namespace K8sBackup.Etcd.Tests.Browsing;

/// <summary>What a snapshot shows at any revision is what etcd answered for that revision.</summary>
public sealed class SnapshotDatabaseTests
{
    [Theory]
    [InlineData(31)]
    [InlineData(32)]
    public async Task At_RevisionsOfARandomWorkload_ShowsWhatEtcdctlShowed(int seed)
    {
        using var temp = new TemporaryDirectory();
        await using var server = await EtcdServer.StartAsync();
        using var etcd = new EtcdGateway(server.Endpoint);
        await Workload.RunAsync(etcd, seed, steps: 300);
        // The workload compacts as it goes; what follows does not, so that there is history to compare.
        for (byte i = 0; i < 20; i++)
        {
            var (first, second) = ($"/registry/things/ns-{i % 5}/name-{i}", $"/registry/things/ns-{i % 3}/name-{i + 1}");
            await etcd.PutAsync(first, [i]);
            await etcd.TxnAsync([(first, null), (second, [i, i])]);
            await etcd.DeleteAsync(second);
        }

        using var database = SnapshotDatabase.Open(await SaveAsync(server, temp));
        Assert.Equal(await etcd.RevisionAsync(), database.Revision);
        Assert.InRange(database.CompactRevision, 1, database.Revision - 1);

        for (var revision = database.CompactRevision; revision <= database.Revision; revision += 9)
        {
            var expected = await Listing.OfAsync(server, revision);
            Assert.Equal(expected, await Listing.OfAsync(database.At(revision)));
            Assert.NotEmpty(expected);
        }

        Assert.Equal(await Listing.OfAsync(server, 0), await Listing.OfAsync(database.At()));
        const string prefix = "/registry/things/ns-3/";
        Assert.Equal(
            await Listing.OfAsync(server, 0, prefix), await Listing.OfAsync(database.At(), KeyRange.Prefix(Encoding.UTF8.GetBytes(prefix))));
    }

    [Fact]
    public async Task At_WindowsSmallerThanTheKeySpace_GiveTheSameList()
    {
        using var temp = new TemporaryDirectory();
        await using var server = await EtcdServer.StartAsync();
        using var etcd = new EtcdGateway(server.Endpoint);
        await Workload.RunAsync(etcd, seed: 41, steps: 300);
        var path = await SaveAsync(server, temp);
        var expected = await Listing.OfAsync(server, 0);
        Assert.True(expected.Count > 50);

        foreach (var keys in (int[])[2, 3, 17, 50])
        {
            using var database = SnapshotDatabase.Open(path, new BrowseLimits { KeysMax = keys });
            Assert.Equal(expected, await Listing.OfAsync(database.At()));
        }
    }

    [Fact]
    public async Task History_OfOneKey_HasEveryChangeStillInTheFile()
    {
        using var temp = new TemporaryDirectory();
        await using var server = await EtcdServer.StartAsync();
        using var etcd = new EtcdGateway(server.Endpoint);
        await etcd.PutAsync("/a", [1]);
        await etcd.PutAsync("/b", [9]);
        await etcd.PutAsync("/a", [2]);
        await etcd.DeleteAsync("/a");
        await etcd.TxnAsync([("/b", [8]), ("/a", [3])]);
        using var database = SnapshotDatabase.Open(await SaveAsync(server, temp));

        var changes = database.History(KeyRange.Only("/a"u8), CancellationToken.None).ToList();

        Assert.Equal([2, 4, 5, 6], changes.Select(change => change.Revision.Main));
        Assert.Equal([0, 0, 0, 1], changes.Select(change => change.Revision.Sub));
        Assert.Equal([1, 2, 0, 3], changes.Select(change => change.Record is { } record ? record.Value.Span[0] : 0));
        Assert.Equal([1, 2, 0, 1], changes.Select(change => change.Record?.Version ?? 0));
        Assert.Null(changes[2].Record);
        Assert.Equal("/a", Encoding.UTF8.GetString(changes[2].Key.Span));
    }

    [Fact]
    public async Task At_RevisionTheFileDoesNotHave_SaysWhatItHas()
    {
        using var temp = new TemporaryDirectory();
        await using var server = await EtcdServer.StartAsync();
        using var etcd = new EtcdGateway(server.Endpoint);
        for (byte i = 0; i < 9; i++)
        {
            await etcd.PutAsync("/k", [i]);
        }

        await etcd.CompactAsync(5, physical: true);
        using var database = SnapshotDatabase.Open(await SaveAsync(server, temp));

        Assert.Equal(BrowseFault.Compacted, Assert.Throws<BrowseException>(() => database.At(4)).Fault);
        Assert.Equal(BrowseFault.Compacted, Assert.Throws<BrowseException>(() => database.At(-1)).Fault);
        var future = Assert.Throws<BrowseException>(() => database.At(11));
        Assert.Equal(BrowseFault.FutureRevision, future.Fault);
        Assert.Contains("10", future.Message, StringComparison.Ordinal);
        Assert.Contains(" BA==", Assert.Single(await Listing.OfAsync(database.At(6))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Compare_SnapshotWithTheLiveCluster_NamesWhatChangedSince()
    {
        using var temp = new TemporaryDirectory();
        await using var server = await EtcdServer.StartAsync();
        using var etcd = new EtcdGateway(server.Endpoint);
        await Workload.RunAsync(etcd, seed: 51, steps: 200);
        await etcd.PutAsync("/registry/gone", [1]);
        await etcd.PutAsync("/registry/kept", [1]);
        using var database = SnapshotDatabase.Open(await SaveAsync(server, temp));
        using var client = EtcdMemberClient.Create(
            new EtcdEndpoint { Address = server.Endpoint }, new EtcdClientOptions { MessageBytesMax = 1 << 20 }, TimeProvider.System);
        Assert.Empty(await DiffAsync(database.At(), new LiveKeySpace(client)));
        await etcd.DeleteAsync("/registry/gone");
        await etcd.PutAsync("/registry/come", [2]);
        // The same value again: another revision, and no difference.
        await etcd.PutAsync("/registry/kept", [1]);
        await etcd.PutAsync("/registry/things/ns-0/name-0", new byte[900_000]);

        foreach (var page in (int[])[1, 3, 1000])
        {
            Assert.Equal(
                ["-/registry/gone", "+/registry/come", "~/registry/things/ns-0/name-0"],
                (await DiffAsync(database.At(), new LiveKeySpace(client, page))).OrderBy(line => "-+~".IndexOf(line[0], StringComparison.Ordinal)));
        }

        using var tight = EtcdMemberClient.Create(
            new EtcdEndpoint { Address = server.Endpoint }, new EtcdClientOptions { MessageBytesMax = 4096 }, TimeProvider.System);
        var error = await Assert.ThrowsAsync<EtcdCallException>(() => DiffAsync(database.At(), new LiveKeySpace(tight)));
        Assert.Equal(EtcdCallError.TooLarge, error.Error);
    }

    [Fact]
    public void Open_NoDatabase_IsTyped()
    {
        using var temp = new TemporaryDirectory();
        var path = temp["file"];
        File.WriteAllBytes(path, new byte[10_000]);
        Assert.Throws<CorruptDatabaseException>(() => SnapshotDatabase.Open(path));
        File.WriteAllBytes(path, []);
        Assert.Throws<CorruptDatabaseException>(() => SnapshotDatabase.Open(path));
        Assert.Throws<FileNotFoundException>(() => SnapshotDatabase.Open(temp["missing"]));

        using (var writer = BoltBulkWriter.Create(temp["other.db"], 4096))
        {
            writer.BeginBucket("settings"u8, 0);
            writer.Add("k"u8, "v"u8);
            writer.EndBucket();
            writer.Finish();
        }

        Assert.Equal(BrowseFault.NoKeySpace, Assert.Throws<BrowseException>(() => SnapshotDatabase.Open(temp["other.db"])).Fault);
    }

    [Theory]
    [InlineData(61)]
    [InlineData(62)]
    public async Task Read_DamagedFile_EndsInTheTypedErrorOrInAList(int seed)
    {
        using var temp = new TemporaryDirectory();
        var good = await File.ReadAllBytesAsync(SampleDatabase.Write(temp["good.db"], clusterVersion: "3.4.0"));
        var random = new Random(seed);
        var failed = 0;
        for (var round = 0; round < 400; round++)
        {
            var bytes = (byte[])good.Clone();
            for (var flips = random.Next(1, 5); flips > 0; flips--)
            {
                bytes[random.Next(8192, bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            var path = temp["damaged.db"];
            await File.WriteAllBytesAsync(path, random.Next(8) == 0 ? bytes[..random.Next(bytes.Length)] : bytes);
            try
            {
                using var database = SnapshotDatabase.Open(path);
                await Listing.OfAsync(database.At());
                _ = database.History(KeyRange.All, CancellationToken.None).Count();
            }
            catch (Exception e) when (e is CorruptDatabaseException or BrowseException)
            {
                failed++;
            }
        }

        Assert.InRange(failed, 50, 399);
    }

    private static async Task<List<string>> DiffAsync(IKeySpace before, IKeySpace after)
    {
        var lines = new List<string>();
        await foreach (var difference in KeySpaceDiff.CompareAsync(before, after, KeyRange.All, CancellationToken.None))
        {
            var sign = difference.Before is null ? "+" : difference.After is null ? "-" : "~";
            lines.Add(sign + Encoding.UTF8.GetString(difference.Key.Span));
        }

        return lines;
    }

    private static async Task<string> SaveAsync(EtcdServer server, TemporaryDirectory temp)
    {
        var path = temp["snapshot.db"];
        await server.EtcdctlAsync("snapshot", "save", path);
        return path;
    }
}
