using System.Text.Json;
using K8sBackup.Demo.Etcd;

namespace K8sBackup.Integration.Tests;

/// <summary>What a restore would do, and what is left of etcd, told by the real programs before anything is done.</summary>
public sealed class ImpactTests
{
    [Fact]
    public async Task Impact_ClusterThatWentOn_IsToldFromTheRunningEtcd_AndFromTheNewestPointWithoutOne()
    {
        await using ClusterFixture fixture = await ClusterFixture.StartAsync();
        await fixture.AddControlPlaneAsync(keys: 200);
        await fixture.AddPlanAsync("cp", $"- etcd: {{}}\n  nodes:\n  - names: [{ClusterFixture.ControlPlaneNode}]\n- controlPlane: {{}}\n  nodes:\n  - names: [{ClusterFixture.ControlPlaneNode}]");
        fixture.AssertCompleted(await fixture.RunPlanAsync("cp"));
        string first = (await fixture.Cluster.CliJsonAsync("point", "show", "latest")).GetProperty("id").GetString()!;
        using (EtcdGateway etcd = fixture.Etcd!.Connect())
        {
            Dictionary<string, byte[]> late = new()
            {
                ["/registry/minions/late"] = """{"apiVersion":"v1","kind":"Node","metadata":{"name":"late"}}"""u8.ToArray(),
                ["/registry/configmaps/shop/late"] = """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"late","namespace":"shop"}}"""u8.ToArray(),
            };
            await etcd.PutAsync(late, CancellationToken.None);
        }

        JsonElement live = await fixture.Cluster.CliJsonAsync("restore", "impact", first, "--kind", "ConfigMap");

        Assert.True(live.GetProperty("live").GetBoolean());
        Assert.Equal((2, 0, 0), Counts(live));
        Assert.Equal("late", live.GetProperty("infrastructure").EnumerateArray().Single().GetProperty("name").GetString());
        Assert.Equal("late", live.GetProperty("named").EnumerateArray().Single().GetProperty("name").GetString());
        Assert.Equal("", live.GetProperty("versionSkew").GetString());
        Assert.NotEmpty(live.GetProperty("certificates").EnumerateArray());

        fixture.AssertCompleted(await fixture.RunPlanAsync("cp"));
        await fixture.Etcd.StopAsync();
        JsonElement stopped = await fixture.Cluster.CliJsonAsync("restore", "impact", first);

        Assert.False(stopped.GetProperty("live").GetBoolean());
        Assert.Contains("newest restore point", stopped.GetProperty("comparedWith").GetString(), StringComparison.Ordinal);
        Assert.Contains("could not be asked", stopped.GetProperty("notes")[0].GetString(), StringComparison.Ordinal);
        Assert.Equal((2, 0, 0), Counts(stopped));
        JsonElement survivors = await fixture.Cluster.CliJsonAsync("etcd", "survivors");
        Assert.Equal(ClusterFixture.ControlPlaneNode, survivors.GetProperty("best").GetString());
        JsonElement member = survivors.GetProperty("members").EnumerateArray().Single();
        Assert.Equal(live.GetProperty("revisionNow").GetInt64(), member.GetProperty("revision").GetInt64());
        Assert.True(member.GetProperty("databaseSound").GetBoolean());

        await fixture.Cluster.CliAsync("etcd", "salvage", ClusterFixture.ControlPlaneNode, "--watch");
        JsonElement salvaged = (await fixture.Cluster.CliJsonAsync("point", "show", "latest")).GetProperty("snapshots").EnumerateArray()
            .Single(s => s.GetProperty("source").GetString()!.StartsWith("etcd/salvaged", StringComparison.Ordinal)).GetProperty("etcd");
        Assert.Equal(["data-dir", "V2", "V3"], salvaged.GetProperty("verified").EnumerateArray().Select(v => v.GetString()!));
        Assert.Contains("no etcd vouched for it", salvaged.GetProperty("notes")[0].GetString(), StringComparison.Ordinal);
        Directory.Delete(Path.Combine(fixture.Host!.EtcdData, "member"), recursive: true);
        await fixture.Cluster.CliAsync("restore", "etcd-data", "latest", "--yes-i-mean", ClusterFixture.ControlPlaneNode, "--watch");
        await fixture.Etcd.StartAsync(CancellationToken.None);
        using (EtcdGateway etcd = fixture.Etcd.Connect())
        {
            EtcdContents back = await etcd.ReadAllAsync(CancellationToken.None);
            Assert.True(back.Keys.ContainsKey("/registry/minions/late"));
        }

        await fixture.AssertSoundAsync();
    }

    private static (int Vanishing, int Returning, int Changing) Counts(JsonElement impact) =>
        (impact.GetProperty("vanishing").GetInt32(), impact.GetProperty("returning").GetInt32(), impact.GetProperty("changing").GetInt32());
}
