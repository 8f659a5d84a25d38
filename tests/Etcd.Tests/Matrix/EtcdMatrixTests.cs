using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using K8sBackup.Etcd.Bolt;
using K8sBackup.Etcd.Client;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Proving;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Etcd.Tests.Support;
using K8sBackup.Model.Manifests;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Processes;
using Xunit.Abstractions;

namespace K8sBackup.Etcd.Tests.Matrix;

/// <summary>Everything end to end with each etcd there is, and from each to those that may follow it.</summary>
public sealed class EtcdMatrixTests : IDisposable
{
    private readonly TemporaryDirectory _temp = new();
    private readonly ITestOutputHelper _output;

    public EtcdMatrixTests(ITestOutputHelper output)
    {
        _output = output;
    }

    /// <summary>Program the data comes from, program it goes to, members.</summary>
    public static TheoryData<string, string, int> Ways
    {
        get
        {
            TheoryData<string, string, int> ways = [];
            for (var from = 0; from < EtcdPrograms.All.Count; from++)
            {
                for (var to = from; to < EtcdPrograms.All.Count; to++)
                {
                    ways.Add(EtcdPrograms.All[from], EtcdPrograms.All[to], 1);
                    ways.Add(EtcdPrograms.All[from], EtcdPrograms.All[to], 3);
                }
            }

            return ways;
        }
    }

    /// <summary>Programs that have a tool beside them that restores.</summary>
    public static TheoryData<string, string> Tools
    {
        get
        {
            TheoryData<string, string> tools = [];
            foreach (var program in EtcdPrograms.All)
            {
                tools.Add(program, EtcdPrograms.Beside(program, "etcdutl") ?? EtcdPrograms.Beside(program, "etcdctl") ?? "etcdctl");
            }

            return tools;
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Snapshot_ProvedAndRestored_ServesEveryKey(string from, string to, int members)
    {
        var seed = 9000 + members;
        _output.WriteLine($"{await EtcdServer.VersionAsync(from)} to {await EtcdServer.VersionAsync(to)}, {members} members, seed {seed}");
        await using var cluster = await EtcdCluster.StartAsync(members, from);
        using var etcd = new EtcdGateway(cluster.Members[0].Endpoint);
        await Workload.RunAsync(etcd, seed, steps: 120);
        var path = _temp["snapshot.db"];
        var endpoint = new EtcdEndpoint { Address = cluster.Members[^1].Endpoint };
        await SnapshotAsync(endpoint, path);

        var facts = SnapshotVerifier.Verify(path, DigestRule.Required, CancellationToken.None);
        var survey = await ClusterSurvey.TakeAsync(endpoint, new EtcdClientOptions(), TimeProvider.System, CancellationToken.None);
        var proof = await KeySpaceProof.AskAsync(path, facts, survey, new EtcdClientOptions(), TimeProvider.System, CancellationToken.None);
        Assert.Equal(members, proof.Count);
        Assert.All(proof, each => Assert.Equal(EtcdProofState.Agrees, each.State));

        await using var restored = await RestoredCluster.StartAsync(path, to, members, _temp);
        Assert.All(restored.Built, built => Assert.Equal(restored.Built[0].KeySpaceHash, built.KeySpaceHash));
        var before = await etcd.AllAsync();
        foreach (var server in restored.Members)
        {
            using var gateway = new EtcdGateway(server.Endpoint);
            Assert.Equal((restored.Built[0].KeySpaceHash, restored.Built[0].CompactRevision), await HashKv.OfAsync(server, 0));
            Assert.Equal(before, await gateway.AllAsync());
        }

        using var writing = new EtcdGateway(restored.Members[0].Endpoint);
        await writing.PutAsync("/after", [1]);
        Assert.Equal(restored.Built[0].RevisionAfter + 1, await writing.RevisionAsync());
        var watch = await Assert.ThrowsAsync<InvalidOperationException>(() => restored.Members[0].EtcdctlAsync(
            "watch", "--rev", facts.Revision.ToString(CultureInfo.InvariantCulture), "/after"));
        Assert.Contains("compacted", watch.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Tools))]
    public async Task Restore_ByUsAndByTheTool_IsTheSameBucketByBucket(string program, string tool)
    {
        await using var source = await EtcdServer.StartAsync(new EtcdServerOptions { Program = program });
        using (var etcd = new EtcdGateway(source.Endpoint))
        {
            await Workload.RunAsync(etcd, seed: 9100, steps: 60);
        }

        var path = _temp["snapshot.db"];
        await SnapshotAsync(new EtcdEndpoint { Address = source.Endpoint }, path);
        var facts = SnapshotVerifier.Verify(path, DigestRule.Required, CancellationToken.None);
        using var status = JsonDocument.Parse(await RunAsync(tool, "snapshot", "status", path, "-w", "json"));
        Assert.Equal(
            (facts.StatusHash, facts.Revision, facts.DatabaseBytes),
            (status.RootElement.GetProperty("hash").GetUInt32(), status.RootElement.GetProperty("revision").GetInt64(), status.RootElement.GetProperty("totalSize").GetInt64()));

        var golden = _temp["golden"];
        await RunAsync(
            tool, "snapshot", "restore", path, "--data-dir", golden, "--name", "m1", "--initial-cluster-token", "kb-restore-1",
            "--initial-cluster", "m1=http://127.0.0.1:2380", "--initial-advertise-peer-urls", "http://127.0.0.1:2380");
        var request = RestoreFixture.Request(path, _temp["ours"]) with { TargetVersion = facts.Version, RevisionBump = 0 };
        var built = new DataDirBuilder().Build(request, CancellationToken.None);

        Assert.Equal(WalDigest(Path.Combine(golden, "member", "wal")), WalDigest(built.WalDirectory));
        var theirs = Read(Path.Combine(golden, "member", "snap", "db"));
        var ours = Read(Path.Combine(built.MemberDirectory, "snap", "db"));

        // The tools up to 3.4 leave old members behind, and none renews the voters (etcd.md 5.1).
        string[] kept = facts.Version >= EtcdVersion.V35 ? ["meta confState"] : ["members", "members_removed"];
        bool Compared(string entry) => !kept.Any(each => entry.StartsWith(each + " ", StringComparison.Ordinal));
        Assert.Equal(theirs.Where(Compared), ours.Where(Compared));
        Assert.Contains(ours, entry => entry.StartsWith("members ", StringComparison.Ordinal));
        Assert.True(ours.Count(Compared) > 50);
    }

    public void Dispose() => _temp.Dispose();

    private static string WalDigest(string directory) =>
        Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(directory, "0000000000000000-0000000000000000.wal"))));

    private static List<string> Read(string path)
    {
        using var file = BoltFile.Open(path);
        List<string> entries = [];
        var root = file.OpenCursor(file.Root);
        while (root.MoveNext())
        {
            var bucket = root.ReadBucket();
            var name = System.Text.Encoding.ASCII.GetString(bucket.Name.Span);
            var cursor = file.OpenCursor(bucket);
            while (cursor.MoveNext())
            {
                var key = name is "key" or "lease" ? Convert.ToHexString(cursor.Key) : System.Text.Encoding.Latin1.GetString(cursor.Key);
                entries.Add($"{name} {key} {Convert.ToHexString(cursor.Value)}");
            }
        }

        return entries;
    }

    private static async Task SnapshotAsync(EtcdEndpoint endpoint, string path)
    {
        using var client = EtcdMemberClient.Create(endpoint, new EtcdClientOptions(), TimeProvider.System);
        await using var file = File.Create(path);
        await client.SnapshotAsync(file, long.MaxValue, CancellationToken.None);
    }

    private static async Task<string> RunAsync(string tool, params string[] arguments)
    {
        var result = await ChildProcess.RunAsync(tool, arguments, TimeSpan.FromSeconds(60), new Dictionary<string, string?> { ["ETCDCTL_API"] = "3" });
        Assert.True(result.ExitCode == 0, result.StandardError);
        return result.StandardOutput;
    }
}
