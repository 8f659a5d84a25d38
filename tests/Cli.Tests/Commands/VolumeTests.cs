using System.Text.Json;
using K8sBackup.Cli.Failures;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Tests.Commands;

/// <summary>Volumes of pods by what they are called in the cluster, in place of sources with digests.</summary>
public sealed class VolumeTests : IAsyncLifetime
{
    private FakeCoordinator _coordinator = null!;

    public async Task InitializeAsync()
    {
        _coordinator = await FakeCoordinator.StartAsync();
        RestorePoint point = Samples.Point();
        point.Snapshots.Add(Volume("pvc.shop.data.0a1b2c3d", "n1", "shop", "web-0", "files", "data"));
        point.Snapshots.Add(Volume("pvc.shop.database.11112222", "n2", "shop", "db-0", "d", "database"));
        point.Snapshots.Add(Volume("pod.shop.web-0.cache.33334444", "n1", "shop", "web-0", "cache", ""));
        point.Snapshots.Add(Volume("pvc.etcd.data.55556666", "n2", "etcd", "keeper", "d", "data"));
        point.Failures.Add(new Failure { Node = "no-node", Source = "volume/pvc.shop.idle.77778888@no-node", Cause = "SourceMissing", Message = "No pod mounts it." });
        _coordinator.Api.Points.Add(point);
        _coordinator.Api.RestoreStates.Add(Samples.Restore(RestoreState.Running));
        _coordinator.Api.Files.Add(new Entry { Path = Google.Protobuf.ByteString.CopyFromUtf8("f"), Kind = EntryKind.File });
    }

    public async Task DisposeAsync() => await _coordinator.DisposeAsync();

    [Theory]
    [InlineData("volume/pvc.shop.data.0a1b2c3d@n1", "pvc.shop.data.0a1b2c3d")]
    [InlineData("volume/pvc.shop.data.", "pvc.shop.data.0a1b2c3d")]
    [InlineData("volume/pod", "pod.shop.web-0.cache.33334444")]
    [InlineData("shop/data", "pvc.shop.data.0a1b2c3d")]
    [InlineData("shop/data@n1", "pvc.shop.data.0a1b2c3d")]
    [InlineData("shop/web-0:cache", "pod.shop.web-0.cache.33334444")]
    [InlineData("shop/web-0:files", "pvc.shop.data.0a1b2c3d")]
    [InlineData("shop/db-0", "pvc.shop.database.11112222")]
    [InlineData("etcd/data", "pvc.etcd.data.55556666")]
    [InlineData("etcd/main", "main")]
    public async Task Source_AsPeopleNameIt_IsFound(string typed, string source)
    {
        CliRun run = await _coordinator.RunAsync("ls", "latest", typed, "some/dir");

        Assert.Equal((ExitCodes.Ok, source), (run.Code, _coordinator.Api.FilesRequest?.Source.Name));
        Assert.Equal("some/dir", _coordinator.Api.FilesRequest!.Path.ToStringUtf8());
    }

    [Theory]
    [InlineData("volume/pvc.shop.data", ExitCodes.Usage, "names several sources: volume/pvc.shop.data.0a1b2c3d@n1 (shop/data), volume/pvc.shop.database.11112222@n2 (shop/database).")]
    [InlineData("shop/web-0", ExitCodes.Usage, "volume/pod.shop.web-0.cache.33334444@n1 (shop/web-0:cache)")]
    [InlineData("shop/data@n2", ExitCodes.NotFound, "has no source 'shop/data@n2'")]
    [InlineData("shop/idle", ExitCodes.NotFound, "failed: No pod mounts it.")]
    [InlineData("shop/web-0:none", ExitCodes.NotFound, "has no source 'shop/web-0:none'")]
    [InlineData("volume/none", ExitCodes.NotFound, "It has: ")]
    [InlineData("shop", ExitCodes.Usage, "NAMESPACE/CLAIM")]
    [InlineData("shop/web:a:b", ExitCodes.NotFound, "has no source")]
    [InlineData("a/b/c", ExitCodes.Usage, "names no source")]
    public async Task Source_NoneOrSeveral_IsRefusedWithWhatThereIs(string typed, int code, string reason)
    {
        CliRun run = await _coordinator.RunAsync("ls", "latest", typed);

        Assert.Equal(code, run.Code);
        Assert.Contains(reason, run.Error, StringComparison.Ordinal);
        Assert.Null(_coordinator.Api.FilesRequest);
    }

    [Fact]
    public async Task Ls_WithoutASource_ListsWhatThereIs()
    {
        CliRun all = await _coordinator.RunAsync("ls", "latest", "--output", "json");
        Assert.Equal(8, JsonDocument.Parse(all.Out).RootElement.GetArrayLength());

        CliRun run = await _coordinator.RunAsync("ls", "latest", "--namespace", "shop", "--output", "json");
        Assert.Equal(["shop/data", "shop/database", "shop/web-0:cache"], JsonDocument.Parse(run.Out).RootElement.EnumerateArray().Select(e => e.GetProperty("volume").GetString()));
        Assert.Null(_coordinator.Api.FilesRequest);
        Assert.Equal(ExitCodes.NotFound, (await _coordinator.RunAsync("ls", "latest", "--namespace", "none")).Code);
    }

    [Fact]
    public async Task Ls_ByNamespaceClaimAndPod_NeedsNoDigest()
    {
        Assert.Equal(ExitCodes.Ok, (await _coordinator.RunAsync("ls", "latest", "--namespace", "shop", "--claim", "data", "some/dir", "-R")).Code);
        Assert.Equal(("pvc.shop.data.0a1b2c3d", "some/dir", true), (_coordinator.Api.FilesRequest!.Source.Name, _coordinator.Api.FilesRequest.Path.ToStringUtf8(), _coordinator.Api.FilesRequest.Recursive));
        Assert.Equal(ExitCodes.Ok, (await _coordinator.RunAsync("ls", "latest", "--pod", "db-*")).Code);
        Assert.Equal("pvc.shop.database.11112222", _coordinator.Api.FilesRequest!.Source.Name);

        CliRun several = await _coordinator.RunAsync("ls", "latest", "--claim", "data");
        Assert.Equal(ExitCodes.Usage, several.Code);
        Assert.Contains("volume/pvc.shop.data.0a1b2c3d@n1 (shop/data), volume/pvc.etcd.data.55556666@n2 (etcd/data)", several.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.NotFound, (await _coordinator.RunAsync("ls", "latest", "--claim", "none")).Code);
        Assert.Equal(ExitCodes.Usage, (await _coordinator.RunAsync("ls", "latest", "shop/data", "dir", "--claim", "data")).Code);
    }

    [Fact]
    public async Task Find_ByNamespaceClaimAndPod_AsksForThem()
    {
        _coordinator.Api.FindMessages.Add(new FindFilesMessage { Done = new FindFilesDone() });
        await _coordinator.RunAsync("find", "*.pdf", "--namespace", "shop", "--claim", "data", "--pod", "web-*");
        FindFilesRequest request = _coordinator.Api.FindRequest!;
        Assert.Equal(("shop", "data", "web-*"), (request.Namespace, request.Claim, request.Pod));
    }

    [Theory]
    [InlineData("--to-pod", "prod/web-1:data", "prod//web-1/data")]
    [InlineData("--to-pod", "prod/web-1", "prod//web-1/")]
    [InlineData("--to-claim", "prod/other", "prod/other//")]
    public async Task Restore_IntoANamedVolume_SaysSo(string option, string typed, string into)
    {
        CliRun run = await _coordinator.RunAsync("restore", "files", "latest", "shop/data", "--path", "a/b", option, typed);

        Assert.Equal(ExitCodes.Ok, run.Code);
        StartRestoreRequest request = _coordinator.Api.RestoreRequest!;
        Assert.Equal(into, $"{request.Into.Namespace}/{request.Into.Claim}/{request.Into.Pod}/{request.Into.Volume}");
        Assert.Equal(("pvc.shop.data.0a1b2c3d", "", ""), (request.Source.Name, request.Node, request.Files.Target));
    }

    [Fact]
    public async Task Restore_WithoutATarget_LeavesItToTheCoordinator_AndShowsWhereItWent()
    {
        Restore restore = Samples.Restore(RestoreState.Completed);
        restore.Into = new PodVolume { Namespace = "shop", Pod = "web-0", Volume = "files", Kind = PodVolumeKind.Csi, Claim = "data" };
        _coordinator.Api.RestoreStates[0] = restore;

        CliRun run = await _coordinator.RunAsync("restore", "files", "latest", "shop/data");

        Assert.Null(_coordinator.Api.RestoreRequest!.Into);
        Assert.Contains("shop/data", run.Out, StringComparison.Ordinal);
        Assert.Contains("web-0", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--to-pod", "web-1:data")]
    [InlineData("--to-pod", "prod/web-1:")]
    [InlineData("--to-claim", "other")]
    [InlineData("--to-claim", "prod/web-1:data")]
    [InlineData("--to-claim", "prod/a/b")]
    [InlineData("--to-pod", "prod/a:b", "--to-claim", "prod/c")]
    [InlineData("--to-pod", "prod/a:b", "--target", "/srv/x")]
    [InlineData("--to-claim", "prod/c", "--node", "n1")]
    public async Task Restore_NoPlaceOrSeveral_IsRefused(params string[] options)
    {
        CliRun run = await _coordinator.RunAsync(["restore", "files", "latest", "shop/data", .. options]);

        Assert.Equal(ExitCodes.Usage, run.Code);
        Assert.Null(_coordinator.Api.RestoreRequest);
    }

    private static Snapshot Volume(string name, string node, string ns, string pod, string volume, string claim) => new()
    {
        Id = "01k9zzzzzzzzzzzzzzzzzzzzs9",
        Source = Samples.Source(SourceKind.Volume, name, node),
        Outcome = Outcome.Completed,
        PodVolume = new PodVolume { Namespace = ns, Pod = pod, Volume = volume, Claim = claim, Kind = claim.Length > 0 ? PodVolumeKind.Csi : PodVolumeKind.EmptyDir },
    };
}
