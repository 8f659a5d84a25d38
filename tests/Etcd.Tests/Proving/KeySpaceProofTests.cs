using System.Text;
using K8sBackup.Etcd.Client;
using K8sBackup.Etcd.Proving;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Etcd.Tests.Support;
using K8sBackup.Model.Manifests;
using K8sBackup.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Etcd.Tests.Proving;

/// <summary>Snapshots compared with real clusters of three.</summary>
public sealed class KeySpaceProofTests : IDisposable
{
    private static readonly EtcdClientOptions _options = new();
    private readonly TemporaryDirectory _temp = new();

    public static TheoryData<string> Programs => [.. EtcdPrograms.All];

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Ask_HealthyMembers_AgreeAlsoAfterACompactionInBetween()
    {
        await using var cluster = await EtcdCluster.StartAsync();
        using var etcd = new EtcdGateway(cluster.Members[0].Endpoint);
        await Workload.RunAsync(etcd, seed: 81, steps: 80);
        var (path, facts) = await SaveAsync(cluster.Members[0]);
        var survey = await SurveyAsync(cluster.Members[0]);
        Assert.Equal(["m1", "m2", "m3"], survey.Members.Select(member => member.Member.Name));
        Assert.Equal(1, survey.Members.Count(member => member.Role == "leader"));

        var before = await KeySpaceProof.AskAsync(path, facts, survey, _options, TimeProvider.System, CancellationToken.None);
        var compacted = facts.Revision - 3;
        await etcd.CompactAsync(compacted, physical: true);
        await etcd.PutAsync("/later", [1]);
        var after = await KeySpaceProof.AskAsync(path, facts, survey, _options, TimeProvider.System, CancellationToken.None);

        Assert.All(before, proof => Assert.Equal((EtcdProofState.Agrees, facts.KeySpaceHash), (proof.State, proof.HashKv)));
        Assert.All(after, proof => Assert.Equal((EtcdProofState.Agrees, compacted), (proof.State, proof.CompactRevision)));

        // Compacted past the snapshot, nothing can be compared any more, and nothing is suspect.
        await etcd.CompactAsync(facts.Revision + 1, physical: true);
        var late = await KeySpaceProof.AskAsync(path, facts, survey, _options, TimeProvider.System, CancellationToken.None);
        Assert.All(late, proof => Assert.Equal(EtcdProofState.Incomparable, proof.State));
    }

    [Fact]
    public async Task Ask_OneMemberCorruptAndOneDown_AreTold()
    {
        await using var cluster = await EtcdCluster.StartAsync();
        using var etcd = new EtcdGateway(cluster.Members[0].Endpoint);
        await etcd.PutAsync("/registry/secrets/a/b", Encoding.ASCII.GetBytes("value-before-the-flip"));
        await Workload.RunAsync(etcd, seed: 82, steps: 20, compacts: false);
        await FlipAsync(cluster.Members[2], "value-before-the-flip", "value-before-the-flop");

        var good = await ProveAsync(cluster.Members[0]);
        Assert.Equal([EtcdProofState.Agrees, EtcdProofState.Agrees, EtcdProofState.Differs], good.Select(proof => proof.State));
        var bad = await ProveAsync(cluster.Members[2]);
        Assert.Equal([EtcdProofState.Agrees, EtcdProofState.Differs, EtcdProofState.Differs], bad.Select(proof => proof.State));
        Assert.Equal("m3", bad[0].Name);

        await cluster.Members[2].StopAsync();
        var alone = await ProveAsync(cluster.Members[0]);
        Assert.Equal([EtcdProofState.Agrees, EtcdProofState.Agrees, EtcdProofState.Unreachable], alone.Select(proof => proof.State));
        Assert.NotEqual("", alone[2].Detail);
    }

    [Fact]
    public async Task Survey_LearnerAndMemberNeverStarted_AreNotAsked()
    {
        await using var server = await EtcdServer.StartAsync();
        await server.EtcdctlAsync("member", "add", "late", "--learner", "--peer-urls=http://127.0.0.1:1");

        var proof = await ProveAsync(server);

        Assert.Equal([EtcdProofState.Agrees, EtcdProofState.Unreachable], proof.Select(each => each.State));
        Assert.Contains("never started", proof[1].Detail, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public async Task Survey_QuotaReached_KnowsTheAlarmAndStillFindsTheMemberFit(string program)
    {
        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions { Program = program, ExtraArguments = ["--quota-backend-bytes=1048576"] });
        using var etcd = new EtcdGateway(server.Endpoint);
        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                await etcd.PutAsync($"big-{i}", new byte[100_000]);
            }
        });

        var survey = await SurveyAsync(server);

        Assert.Equal(new EtcdAlarmFact(survey.Local.Member.Id, EtcdAlarmKind.NoSpace), Assert.Single(survey.Alarms));
        var choice = MemberChoice.Of(survey, []);
        Assert.True(choice.Chosen!.IsLocal);
        Assert.Equal(["etcd has raised an alarm for m1: NoSpace."], choice.Notes);
    }

    [Theory]
    [InlineData("# HELP x\netcd_disk_defrag_inflight 0\n", false)]
    [InlineData("a 1\netcd_disk_defrag_inflight 1\nb 2\n", true)]
    [InlineData("etcd_disk_defrag_inflight_other 1\n", null)]
    [InlineData("etcd_disk_defrag_inflight many\n", null)]
    public async Task Read_Metrics_SaysWhetherItDefragments(string metrics, bool? expected)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.MapGet("/metrics", () => Results.Text(metrics));
        await app.StartAsync();
        var endpoint = new EtcdEndpoint { Address = new Uri(app.Urls.First()) };

        Assert.Equal(expected, await DefragmentationMetric.ReadAsync(endpoint, TimeSpan.FromSeconds(30), TimeProvider.System, CancellationToken.None));
        await app.StopAsync();
        Assert.Null(await DefragmentationMetric.ReadAsync(endpoint, TimeSpan.FromSeconds(30), TimeProvider.System, CancellationToken.None));
    }

    private static async Task FlipAsync(EtcdServer member, string from, string to)
    {
        await member.StopAsync();
        var path = Path.Combine(member.DataDirectory, "member", "snap", "db");
        var text = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(path));
        Assert.Contains(from, text, StringComparison.Ordinal);
        await File.WriteAllBytesAsync(path, Encoding.Latin1.GetBytes(text.Replace(from, to, StringComparison.Ordinal)));
        await member.StartAgainAsync();
    }

    private static Task<ClusterSurvey> SurveyAsync(EtcdServer server) =>
        ClusterSurvey.TakeAsync(new EtcdEndpoint { Address = server.Endpoint }, _options, TimeProvider.System, CancellationToken.None);

    private async Task<IReadOnlyList<EtcdMemberProof>> ProveAsync(EtcdServer server)
    {
        var (path, facts) = await SaveAsync(server);
        return await KeySpaceProof.AskAsync(path, facts, await SurveyAsync(server), _options, TimeProvider.System, CancellationToken.None);
    }

    private async Task<(string Path, SnapshotFacts Facts)> SaveAsync(EtcdServer server)
    {
        var path = _temp[$"snapshot-{Guid.NewGuid():n}.db"];
        await server.EtcdctlAsync("snapshot", "save", path);
        return (path, SnapshotVerifier.Verify(path, DigestRule.Required, CancellationToken.None));
    }
}
