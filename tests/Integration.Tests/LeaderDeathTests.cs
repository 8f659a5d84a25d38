using System.IO.Compression;
using System.Text;
using System.Text.Json;
using K8sBackup.Coordinator.Resources;
using K8sBackup.KubernetesApi.Cluster;
using K8sBackup.KubernetesApi.Resources;

namespace K8sBackup.Integration.Tests;

/// <summary>SIGKILL of the coordinator that leads while a command runs in a pod: the next one releases the pod, and makes a dump anew.</summary>
[Collection(PodCollection.Name)]
public sealed class LeaderDeathTests : IAsyncLifetime
{
    private const int PartBytes = 5 << 20;

    private readonly PodVolumeFixture _cluster;
    private readonly HeldCommands _pods = new();

    public LeaderDeathTests(PodVolumeFixture cluster) => _cluster = cluster;

    private KubeObjects Kube => _cluster.Kube;

    public Task InitializeAsync()
    {
        _cluster.Exec = _pods.RunAsync;
        return Task.CompletedTask;
    }

    public Task DisposeAsync() => _cluster.AssertSoundAsync();

    [Fact]
    public async Task Hook_LeaderDiesBeforeBetweenAndAfter_ThePodIsReleasedAndTheRunCompletes()
    {
        int before = await _cluster.CountPointsAsync();
        string run = await BeginAsync("held", """
            {"sources": [{"podVolumes": {"default": "exclude", "rules": [{"include": {"claims": ["data"]} }]} }],
             "hooks": [{"namespaces": ["shop"], "pre": [{"command": ["hold"], "timeout": "1h"}], "post": [{"command": ["release"], "timeout": "1h"}]}]}
            """);

        // While the command before runs: whether it has done anything yet, nobody knows.
        await NextAsync("hold");
        await _cluster.ReplaceLeaderAsync();
        (await NextAsync("release")).End();
        HeldCommand hold = await NextAsync("hold");

        // The pod is held, and its node does not come to read it.
        _cluster.Agent(PodVolumeFixture.First).Freeze();
        hold.End();
        await UntilSavedAsync(run, "Prepared");
        await _cluster.ReplaceLeaderAsync();
        _cluster.Agent(PodVolumeFixture.First).Thaw();

        // While the command after runs.
        await NextAsync("release");
        await _cluster.ReplaceLeaderAsync();
        (await NextAsync("release")).End();

        BackupResource done = await EndAsync("held");
        Assert.Equal((run, "Completed"), (done.Status.Run, done.Status.Phase));
        Assert.Equal(before + 1, await _cluster.CountPointsAsync());
        _pods.AssertNoMore();
    }

    [Fact]
    public async Task Dump_LeaderDiesInTheMiddle_NothingOfItIsARestorePointAndTheNextLeaderMakesItAnew()
    {
        int before = await _cluster.CountPointsAsync();
        string run = await BeginAsync("dumped", """
            {"sources": [{"podCommand": {"name": "orders", "namespaces": ["shop"], "pods": ["web"], "command": ["dump"], "file": "orders.sql"} }]}
            """);
        await WriteAsync(await NextAsync("dump"), seed: 1);
        await _cluster.Cluster.WaitForAsync(
            async () => (await _cluster.Cluster.CliJsonAsync("run", "show", run)).Source("volume/").GetProperty("progress") is { ValueKind: JsonValueKind.Object } progress
                && progress.GetProperty("bytesDone").GetInt64() > 0,
            () => $"nothing of the dump comes\n{_cluster.Cluster.CoordinatorOutput}");
        await _cluster.ReplaceLeaderAsync();

        // Another content, so that no byte of the first attempt can pass for one of the second.
        HeldCommand again = await NextAsync("dump");
        byte[] content = [.. await WriteAsync(again, seed: 2), .. await WriteAsync(again, seed: 3)];
        Assert.Equal(before, await _cluster.CountPointsAsync());
        again.End();
        BackupResource done = await EndAsync("dumped");
        Assert.Equal((run, "Completed"), (done.Status.Run, done.Status.Phase));
        Assert.Equal(content, await DownloadAsync(done));

        await BackUpAsync("dumped-again", "dumped");
        HeldCommand third = await NextAsync("dump");
        content = await WriteAsync(third, seed: 4);
        third.End();
        done = await EndAsync("dumped-again");
        Assert.Equal("Completed", done.Status.Phase);
        Assert.Equal(content, await DownloadAsync(done));
        Assert.Equal(before + 2, await _cluster.CountPointsAsync());
        _pods.AssertNoMore();
    }

    private static async Task<byte[]> WriteAsync(HeldCommand command, int seed)
    {
        byte[] part = new byte[PartBytes];
        new Random(seed).NextBytes(part);
        await command.Call.Output.WriteAsync(part);
        return part;
    }

    private Task<HeldCommand> NextAsync(string program) => _pods.NextAsync(program, () => _cluster.Cluster.CoordinatorOutput);

    /// <summary>Makes a plan and a backup of it; gives its run.</summary>
    private async Task<string> BeginAsync(string name, string plan)
    {
        await Kube.CreateAsync(ResourceKinds.BackupPlans, name, plan);
        await Kube.UntilAsync(ResourceKinds.BackupPlans, name, p => KubeObjects.Is(p.Status.Conditions, "Ready"));
        await BackUpAsync(name, name);
        return (await Kube.UntilAsync(ResourceKinds.Backups, name, b => b.Status.Run.Length > 0)).Status.Run;
    }

    private Task<BackupResource> BackUpAsync(string name, string plan) =>
        Kube.CreateAsync(ResourceKinds.Backups, name, $$$"""{"planRef": {"name": "{{{plan}}}"}}""");

    private Task<BackupResource> EndAsync(string name) => Kube.UntilAsync(ResourceKinds.Backups, name, b => KubeObjects.Is(b.Status.Conditions, "Finished"));

    /// <summary>Waits until the record of a run, as the next leader finds it, has a state.</summary>
    private Task UntilSavedAsync(string run, string state) => _cluster.Cluster.WaitForAsync(
        async () =>
        {
            ConfigMap? saved = await Kube.Client.FindAsync(KubernetesTypes.ConfigMaps, new ResourceName(KubeObjects.Namespace, $"k8s-backup-state.runs.{run}"), CancellationToken.None);
            using BrotliStream document = new(new MemoryStream(saved?.BinaryData["document"] ?? []), CompressionMode.Decompress);
            using StreamReader reader = new(document, Encoding.UTF8);
            return saved is not null && (await reader.ReadToEndAsync()).Contains($"\"{state}\"", StringComparison.Ordinal);
        },
        () => $"run {run} is not {state}\n{_cluster.Cluster.CoordinatorOutput}");

    private async Task<byte[]> DownloadAsync(BackupResource backup)
    {
        string source = Assert.Single(backup.Status.Sources).Source;
        string file = Path.Combine(_cluster.Cluster.Folder, backup.Metadata.Name);
        await _cluster.Cluster.CliAsync("download", backup.Status.RestorePoint, source[..source.IndexOf('@', StringComparison.Ordinal)], "-o", file);
        return await File.ReadAllBytesAsync(file);
    }
}
