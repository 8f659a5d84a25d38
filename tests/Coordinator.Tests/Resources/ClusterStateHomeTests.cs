using System.Security.Cryptography;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.State;
using K8sBackup.FakeKube.Faults;
using K8sBackup.KubernetesApi.Cluster;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.TestKit.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace K8sBackup.Coordinator.Tests.Resources;

/// <summary>The coordinator's records in ConfigMaps.</summary>
public sealed class ClusterStateHomeTests : IAsyncLifetime
{
    private ResourceWorld _world = null!;

    public async Task InitializeAsync() => _world = await ResourceWorld.StartAsync();

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Document_IsThereForTheNext()
    {
        using (ClusterStateHome home = await OpenAsync())
        {
            home.Write("runs/a", new Text("first"));
            home.Write("runs/a", new Text("second"));
            home.Write("nodes", new Text("n"));
            await home.FlushAsync("runs/a", default);
            await home.StopAsync(default);
        }

        using ClusterStateHome next = await OpenAsync();
        Assert.Equal(["a"], next.Names("runs"));
        Assert.Equal(("second", "n"), (next.Read<Text>("runs/a")!.Value, next.Read<Text>("nodes")!.Value));
        Assert.Null(next.Read<Text>("runs/b"));
        next.Delete("runs/a");
        await next.FlushAsync("runs/a", default);
        using ClusterStateHome last = await OpenAsync();
        Assert.Empty(last.Names("runs"));
        await next.StopAsync(default);
    }

    [Fact]
    public async Task Recurrence_DoneByOneLeader_IsNotDoneAgainByTheNext()
    {
        ManualTimeProvider clock = new();
        using (ClusterStateHome home = await OpenAsync())
        {
            Recurrence first = new(home, "checks", TimeSpan.FromHours(24), TimeSpan.FromMinutes(10), clock);
            clock.Advance(TimeSpan.FromMinutes(10));
            Assert.True(first.IsDue(out _));
            first.Done(clock.GetUtcNow());
            await home.FlushAsync("checks", default);
            await home.StopAsync(default);
        }

        using ClusterStateHome next = await OpenAsync();
        Recurrence second = new(next, "checks", TimeSpan.FromHours(24), TimeSpan.FromMinutes(10), clock);
        clock.Advance(TimeSpan.FromHours(23));
        Assert.False(second.IsDue(out _));
        clock.Advance(TimeSpan.FromHours(1));
        Assert.True(second.IsDue(out _));
        await next.StopAsync(default);
    }

    [Fact]
    public async Task LargeDocument_IsInParts_AndGrowsAndShrinks()
    {
        using ClusterStateHome home = await OpenAsync();
        foreach (int bytes in (int[])[2_500_000, 900_000, 10])
        {
            // Random content, so that it does not compress.
            string value = Convert.ToHexString(RandomNumberGenerator.GetBytes(bytes));
            home.Write("runs/big", new Text(value));
            await home.FlushAsync("runs/big", default);
            using ClusterStateHome next = await OpenAsync();
            Assert.Equal(value, next.Read<Text>("runs/big")!.Value);
            IReadOnlyList<ConfigMap> maps = await MapsAsync();
            Assert.All(maps, m => Assert.True(m.BinaryData["document"].Length <= ConfigMapDocuments.PartBytesMax));
            Assert.Equal(1 + (bytes / ConfigMapDocuments.PartBytesMax), maps.Count);
        }

        await home.StopAsync(default);
    }

    [Fact]
    public async Task DeathBetweenPartsAndHead_LeavesTheFormerVersion()
    {
        string former = Convert.ToHexString(RandomNumberGenerator.GetBytes(1_000_000));
        using (ClusterStateHome home = await OpenAsync())
        {
            home.Write("runs/big", new Text(former));
            await home.FlushAsync("runs/big", default);
            _world.Kube.Faults.Add(new ApiFaultRule { Method = "PUT", PathContains = "configmaps/k8s-backup-state.runs.big", Code = 403, Times = 100 });
            home.Write("runs/big", new Text(Convert.ToHexString(RandomNumberGenerator.GetBytes(1_000_000))));
            await home.StopAsync(default);
        }

        _world.Kube.Faults.Clear();
        Assert.Equal(3, (await MapsAsync()).Count);
        using ClusterStateHome next = await OpenAsync();
        Assert.Equal(former, next.Read<Text>("runs/big")!.Value);
        Assert.Equal(2, (await MapsAsync()).Count);
    }

    [Fact]
    public async Task FormerLeader_DoesNotOverwriteTheNext()
    {
        using ClusterStateHome former = await OpenAsync();
        former.Write("nodes", new Text("former"));
        await former.FlushAsync("nodes", default);
        using ClusterStateHome next = await OpenAsync();
        next.Write("nodes", new Text("next"));
        await next.FlushAsync("nodes", default);
        former.Write("nodes", new Text("former again"));
        await former.FlushAsync("nodes", default);
        await former.StopAsync(default);
        next.Write("nodes", new Text("next again"));
        await next.FlushAsync("nodes", default);
        await next.StopAsync(default);
        using ClusterStateHome last = await OpenAsync();
        Assert.Equal("next again", last.Read<Text>("nodes")!.Value);
    }

    [Fact]
    public async Task LostAnswer_IsNoConflictWithOneself()
    {
        using ClusterStateHome home = await OpenAsync();
        home.Write("nodes", new Text("1"));
        await home.FlushAsync("nodes", default);
        _world.Kube.Faults.Add(new ApiFaultRule { Method = "PUT", PathContains = "configmaps/k8s-backup-state.nodes", AfterTheWork = true, Times = 1 });
        home.Write("nodes", new Text("2"));
        await home.FlushAsync("nodes", default);
        home.Write("nodes", new Text("3"));
        await home.StopAsync(default);
        using ClusterStateHome last = await OpenAsync();
        Assert.Equal("3", last.Read<Text>("nodes")!.Value);
    }

    [Fact]
    public async Task DamagedDocument_IsSaidToBe()
    {
        await _world.Client.CreateAsync(
            KubernetesTypes.ConfigMaps,
            new ConfigMap
            {
                Metadata = new() { Name = "k8s-backup-state.nodes", Namespace = ResourceWorld.Namespace, Labels = new Dictionary<string, string> { [ConfigMapDocuments.Label] = "head" } },
                Data = new Dictionary<string, string> { ["name"] = "nodes", ["parts"] = "1", ["version"] = "1" },
                BinaryData = new Dictionary<string, byte[]> { ["document"] = [1, 2, 3] },
            },
            default);
        using ClusterStateHome home = await OpenAsync();
        Assert.Contains("nodes", Assert.Throws<InvalidDataException>(() => home.Read<Text>("nodes")).Message, StringComparison.Ordinal);
    }

    private async Task<ClusterStateHome> OpenAsync()
    {
        ClusterStateHome home = new(
            await LoadedState.ReadAsync(_world.Client, _world.Client, ResourceWorld.Namespace, default), TimeProvider.System, NullLogger<ClusterStateHome>.Instance);
        await home.StartAsync(default);
        return home;
    }

    private async Task<IReadOnlyList<ConfigMap>> MapsAsync() =>
        [.. (await _world.Client.ListAsync(KubernetesTypes.ConfigMaps, ListQuery.In(ResourceWorld.Namespace) with { LabelSelector = ConfigMapDocuments.Label }, 100, default)).Items
            .Where(m => m.Metadata.Name.Contains("big", StringComparison.Ordinal))];

    private sealed record Text(string Value);
}
