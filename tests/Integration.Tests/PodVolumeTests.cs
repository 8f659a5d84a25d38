using System.Text.Json;
using K8sBackup.Coordinator.Resources;

namespace K8sBackup.Integration.Tests;

/// <summary>Volumes of pods with real processes, real mounts and a stand-in API server: chosen, read, told about, brought back.</summary>
public sealed class PodVolumeTests : IClassFixture<PodVolumeFixture>, IAsyncLifetime
{
    private readonly PodVolumeFixture _cluster;

    public PodVolumeTests(PodVolumeFixture cluster) => _cluster = cluster;

    private KubeObjects Kube => _cluster.Kube;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _cluster.AssertSoundAsync();

    [Fact]
    public async Task PlanOfPodVolumes_IsCompletedAndDeletedFilesComeBack()
    {
        BackupResource backup = await BackUpAsync(
            "apps", """{"rules": [{"exclude": {"claims": ["idle"]}, "name": "idle ones"}, {"include": {"kinds": ["emptyDir", "hostPath"]}, "name": "scratch too"}]}""");

        Assert.Equal("Completed", backup.Status.Phase);
        string[] sources = [.. backup.Status.Sources.Select(s => s.Source)];
        Assert.Equal(4, sources.Length);
        Assert.Single(sources, s => s.Contains("pvc.shop.shared.", StringComparison.Ordinal));
        Assert.Single(sources, s => s.StartsWith("volume/pod.shop.web.cache.", StringComparison.Ordinal) && NodeOf(s) == PodVolumeFixture.First);
        string logs = NameOf(sources, "hostpath.srv-shared-logs.");
        string data = NameOf(sources, "pvc.shop.data.");

        // A directory of the node has a place of its own, and what was deleted is there again.
        File.Delete(_cluster.On(PodVolumeFixture.First, "/srv/shared/logs/access.log"));
        await RestoreAsync("logs-back", backup, logs, "access.log", target: "");
        Assert.Equal("GET /", await File.ReadAllTextAsync(_cluster.On(PodVolumeFixture.First, "/srv/shared/logs/access.log")));

        // A claim's volume is restored where the pod has it mounted now.
        string page = Path.Combine(_cluster.Scene.Site, "index.html");
        File.Delete(page);
        await RestoreAsync("page-back", backup, data, "site/index.html", target: "");
        Assert.Equal(ShopScene.Page, await File.ReadAllTextAsync(page));
        await RestoreAsync("page-beside", backup, data, "site/index.html", target: "/srv/recovered");
        Assert.Equal(ShopScene.Page, await File.ReadAllTextAsync(_cluster.On(PodVolumeFixture.First, "/srv/recovered/site/index.html")));

        Dictionary<string, JsonElement> told = await CoverageAsync();
        Assert.Equal(("protected", "default"), (told["shop/data"].GetProperty("state").GetString(), told["shop/data"].GetProperty("rule").GetString()));
        Assert.Equal("protected", told["/srv/shared/logs"].GetProperty("state").GetString());
        Assert.Equal(("left out", "What it shows is in etcd or a registry."), (told["shop/web/key"].GetProperty("state").GetString(), told["shop/web/key"].GetProperty("reason").GetString()));
        Assert.Equal("Left out by annotation k8sbackup.dev/exclude-volumes.", told["shop/ghost/scratch"].GetProperty("reason").GetString());

        // And in the plan: all it takes is protected; the Secret, what is idle and what the annotation names are left out.
        BackupPlanResource plan = await Kube.UntilAsync(ResourceKinds.BackupPlans, "apps", p => KubeObjects.Is(p.Status.Conditions, "Covered"));
        Assert.Equal((4, 3, 0, 0), (plan.Status.Coverage!.Protected, plan.Status.Coverage.Excluded, plan.Status.Coverage.Unprotected, plan.Status.Coverage.Unclaimed));
    }

    [Fact]
    public async Task WhatIsNotThere_IsAnOutcomeWithItsReason_AndTheRestGoesOn()
    {
        BackupResource backup = await BackUpAsync(
            "all", """{"annotations": false, "rules": [{"include": {"namespaces": ["nowhere"]}}, {"include": {"kinds": ["emptyDir"]}}]}""");

        Assert.Equal("PartiallyFailed", backup.Status.Phase);
        Dictionary<string, SourceOutcome> outcomes = backup.Status.Sources.ToDictionary(s => s.Source.Split('.')[2], StringComparer.Ordinal);
        Assert.Equal(("Failed", "SourceMissing"), (outcomes["ghost"].State, outcomes["ghost"].Reason));
        Assert.Contains("The pod is not on the node", outcomes["ghost"].Message, StringComparison.Ordinal);
        Assert.Equal(("Failed", "SourceMissing", "No pod mounts it."), (outcomes["idle"].State, outcomes["idle"].Reason, outcomes["idle"].Message));
        Assert.Equal(["data", "shared", "web"], outcomes.Where(o => o.Value.State == "Completed").Select(o => o.Key).Order(StringComparer.Ordinal));
        Assert.Contains(backup.Status.Warnings, w => w.Contains("the namespace nowhere is not there", StringComparison.Ordinal));

        BackupPlanResource plan = await Kube.UntilAsync(ResourceKinds.BackupPlans, "all", p => p.Status.Coverage?.Protected == 3);
        Assert.Equal(["ghost/scratch", "idle"], plan.Status.Coverage!.Gaps.Select(gap => gap.Name).Order(StringComparer.Ordinal));
        Assert.Contains(plan.Status.Conditions, c => c is { Type: "Covered", Status: "False", Reason: "Unprotected" } && c.Message.Contains("Claim shop/idle: No pod mounts it.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task SharedClaim_IsReadByTheOtherNodeWhenTheFirstIsGone()
    {
        const string Shared = """{"default": "exclude", "rules": [{"include": {"claims": ["shared"]}}]}""";
        string reader = NodeOf(Assert.Single((await BackUpAsync("shared", Shared)).Status.Sources).Source);
        await _cluster.KillAgentAsync(reader);

        BackupResource again = await RunAsync("shared-again", "shared");

        Assert.Equal("Completed", again.Status.Phase);
        Assert.NotEqual(reader, NodeOf(Assert.Single(again.Status.Sources).Source));
        await _cluster.StartAgentAsync(reader);
    }

    // volume/NAME@NODE
    private static string NameOf(IEnumerable<string> sources, string start) =>
        sources.Select(source => source["volume/".Length..source.IndexOf('@', StringComparison.Ordinal)]).Single(name => name.StartsWith(start, StringComparison.Ordinal));

    private static string NodeOf(string source) => source[(source.IndexOf('@', StringComparison.Ordinal) + 1)..];

    private async Task<BackupResource> BackUpAsync(string plan, string podVolumes)
    {
        await Kube.CreateAsync(ResourceKinds.BackupPlans, plan, $$"""{"sources": [{"podVolumes": {{podVolumes}} }]}""");
        await Kube.UntilAsync(ResourceKinds.BackupPlans, plan, p => KubeObjects.Is(p.Status.Conditions, "Ready"));
        return await RunAsync(plan, plan);
    }

    private async Task<BackupResource> RunAsync(string name, string plan)
    {
        await Kube.CreateAsync(ResourceKinds.Backups, name, $$$"""{"planRef": {"name": "{{{plan}}}"}}""");
        return await Kube.UntilAsync(ResourceKinds.Backups, name, b => KubeObjects.Is(b.Status.Conditions, "Finished"));
    }

    private async Task RestoreAsync(string name, BackupResource backup, string volume, string path, string target)
    {
        await Kube.CreateAsync(ResourceKinds.Restores, name, $$$"""
            {"backupRef": {"name": "{{{backup.Metadata.Name}}}"}, "files": {"volume": "{{{volume}}}", "node": "{{{PodVolumeFixture.First}}}", "paths": ["{{{path}}}"], "target": "{{{target}}}"} }
            """);
        await Kube.UntilAsync(ResourceKinds.Restores, name, r => KubeObjects.Is(r.Status.Conditions, "Completed"));
    }

    private async Task<Dictionary<string, JsonElement>> CoverageAsync() =>
        (await _cluster.Cluster.CliJsonAsync("coverage", "--all")).EnumerateArray().ToDictionary(item => item.GetProperty("name").GetString()!, StringComparer.Ordinal);
}
