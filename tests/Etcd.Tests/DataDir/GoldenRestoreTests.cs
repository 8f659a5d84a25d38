using K8sBackup.Etcd.Bolt;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Tests.Support;
using K8sBackup.TestKit;

namespace K8sBackup.Etcd.Tests.DataDir;

/// <summary>Compares what we write with what etcdctl 3.4 snapshot restore writes from the same snapshot.</summary>
public sealed class GoldenRestoreTests
{
    // Differences we want (etcd.md 5.1): 3.4 leaves old members, alarms and a downgrade. With 3.4 as target no term and no voters
    // are written.
    private static readonly Dictionary<string, string[]> _ownKeys = new()
    {
        ["cluster"] = ["downgrade"],
        ["meta"] = [],
    };

    private static readonly string[] _ownBuckets = ["alarm", "members", "members_removed"];

    public static TheoryData<string> Clusters =>
    [
        "m1=http://127.0.0.1:2380",
        "a=https://10.0.0.1:2380,b=https://10.0.0.2:2380,c=https://10.0.0.3:2380",
        "five=http://h5:1,four=http://h4:1,three=http://h3:1,two=http://h2:1,one=http://h1:1",
        "v6=https://[fd00::1]:2380,v6b=https://[fd00::2]:2380",
        "many=http://b:2380,many=http://a:2380,many=https://c:2380,other=http://d:2380",
        "Zürich <&> \"雪\"=http://unicode.example:2380",
    ];

    [Theory]
    [MemberData(nameof(Clusters))]
    public async Task Build_SameNamesUrlsAndToken_WalAndDataEqualEtcdctl(string initialCluster)
    {
        using var temp = new TemporaryDirectory();
        var snapshot = temp["snapshot.db"];
        await using var server = await EtcdServer.StartAsync();
        using (var etcd = new EtcdGateway(server.Endpoint))
        {
            await Workload.RunAsync(etcd, seed: 31, steps: 60);
        }

        await server.EtcdctlAsync("snapshot", "save", snapshot);
        var members = Parse(initialCluster);
        foreach (var member in members)
        {
            var golden = temp["golden-" + Guid.NewGuid().ToString("n")];
            await server.EtcdctlAsync(
                "snapshot", "restore", snapshot, "--data-dir", golden, "--name", member.Name, "--initial-cluster-token", "kb-restore-1",
                "--initial-cluster", initialCluster, "--initial-advertise-peer-urls", string.Join(',', member.PeerUrls));
            var request = RestoreFixture.Request(snapshot, temp["ours-" + Guid.NewGuid().ToString("n")], members) with
            {
                MemberName = member.Name,
                RevisionBump = 0,
            };

            var built = new DataDirBuilder().Build(request, CancellationToken.None);

            AssertSameFile(Path.Combine(golden, "member", "wal"), built.WalDirectory);
            AssertSameData(Path.Combine(golden, "member", "snap", "db"), Path.Combine(built.MemberDirectory, "snap", "db"));
            AssertSameSnap(Path.Combine(golden, "member", "snap"), Path.Combine(built.MemberDirectory, "snap"));
        }
    }

    private static InitialMember[] Parse(string initialCluster) =>
        [.. initialCluster.Split(',').Select(part => part.Split('=', 2)).GroupBy(pair => pair[0], pair => pair[1])
            .Select(group => new InitialMember(group.Key, [.. group]))];

    private static void AssertSameFile(string goldenDirectory, string ourDirectory)
    {
        var golden = Directory.GetFiles(goldenDirectory, "*.wal");
        var ours = Directory.GetFiles(ourDirectory);
        Assert.Equal(golden.Select(Path.GetFileName), ours.Select(Path.GetFileName));
        Assert.Single(golden);
        Assert.True(File.ReadAllBytes(golden[0]).AsSpan().SequenceEqual(File.ReadAllBytes(ours[0])), "the WAL bytes differ");
    }

    private static void AssertSameData(string goldenPath, string ourPath)
    {
        using var golden = BoltFile.Open(goldenPath);
        using var ours = BoltFile.Open(ourPath);
        var root = golden.OpenCursor(golden.Root);
        List<string> compared = [];
        while (root.MoveNext())
        {
            var bucket = root.ReadBucket();
            var name = System.Text.Encoding.UTF8.GetString(bucket.Name.Span);
            var our = ours.FindBucket(bucket.Name.Span);
            Assert.NotNull(our);
            if (_ownBuckets.Contains(name))
            {
                continue;
            }

            compared.Add(name);
            var own = _ownKeys.GetValueOrDefault(name, []);
            Assert.True(Entries(golden, bucket, own).SequenceEqual(Entries(ours, our, [])), $"bucket {name} differs");
        }

        Assert.Equal(["cluster", "key", "lease", "meta"], compared.Intersect(["cluster", "key", "lease", "meta"]));
        Assert.Empty(Entries(ours, ours.FindBucket("alarm"u8)!, []));
        Assert.Empty(Entries(ours, ours.FindBucket("members_removed"u8)!, []));
    }

    private static List<(string Key, string Value)> Entries(BoltFile file, BoltBucket bucket, string[] without)
    {
        List<(string Key, string Value)> entries = [];
        var cursor = file.OpenCursor(bucket);
        while (cursor.MoveNext())
        {
            entries.Add((System.Text.Encoding.Latin1.GetString(cursor.Key), Convert.ToHexString(cursor.Value)));
        }

        return [.. entries.Where(entry => !without.Contains(entry.Key))];
    }

    private static void AssertSameSnap(string goldenDirectory, string ourDirectory)
    {
        var golden = Directory.GetFiles(goldenDirectory, "*.snap").Single();
        var ours = Directory.GetFiles(ourDirectory, "*.snap").Single();
        Assert.Equal(Path.GetFileName(golden), Path.GetFileName(ours));
        var (left, right) = (SnapContents.Read(golden), SnapContents.Read(ours));
        Assert.Equal((left.Index, left.Term), (right.Index, right.Term));
        Assert.Equal(left.Voters, right.Voters);
        Assert.Equal(left.StoreMembers.Keys.Order(), right.StoreMembers.Keys.Order());
        foreach (var (id, urls) in left.StoreMembers)
        {
            Assert.Equal(urls, right.StoreMembers[id]);
        }
    }
}
