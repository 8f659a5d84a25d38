using K8sBackup.Cli.Failures;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Tests.Commands;

public sealed class RestoreTests : IAsyncLifetime
{
    private FakeCoordinator _coordinator = null!;

    public async Task InitializeAsync()
    {
        _coordinator = await FakeCoordinator.StartAsync();
        _coordinator.Api.Points.Add(Samples.Point());
        _coordinator.Api.RestoreStates.Add(Samples.Restore(RestoreState.Running));
    }

    public async Task DisposeAsync() => await _coordinator.DisposeAsync();

    [Fact]
    public async Task Etcd_NobodyToConfirm_IsRefused()
    {
        CliRun run = await _coordinator.RunAsync("restore", "etcd-data", "latest");

        Assert.Equal(ExitCodes.Usage, run.Code);
        Assert.Contains("--yes-i-mean cp-1", run.Error, StringComparison.Ordinal);
        Assert.Null(_coordinator.Api.RestoreRequest);
    }

    [Theory]
    [InlineData("cp-1", ExitCodes.Ok)]
    [InlineData("yes", ExitCodes.Cancelled)]
    [InlineData("", ExitCodes.Cancelled)]
    public async Task Etcd_OnTerminal_WantsTheNodesNameTyped(string typed, int code)
    {
        CliRun run = await _coordinator.RunAsync(
            c => c with { InIsTerminal = true, In = new StringReader(typed + "\n") },
            CancellationToken.None,
            "restore", "etcd-data", "latest");

        Assert.Equal(code, run.Code);
        Assert.Equal(code == ExitCodes.Ok, _coordinator.Api.RestoreRequest is not null);
    }

    [Fact]
    public async Task Etcd_ConfirmedForAnotherNode_IsRefused()
    {
        CliRun run = await _coordinator.RunAsync("restore", "etcd-data", "latest", "--node", "cp-2", "--yes-i-mean", "cp-1");

        Assert.Equal(ExitCodes.Usage, run.Code);
        Assert.Null(_coordinator.Api.RestoreRequest);
    }

    [Fact]
    public async Task Etcd_OnANewNode_TakesTheOnlyEtcd()
    {
        CliRun run = await _coordinator.RunAsync("restore", "etcd-data", "latest", "--node", "cp-9", "--yes-i-mean", "cp-9", "--bump", "5");

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Equal("cp-1", _coordinator.Api.RestoreRequest!.Source.Node);
        Assert.Equal("cp-9", _coordinator.Api.RestoreRequest.Node);
        Assert.Equal(5, _coordinator.Api.RestoreRequest.Etcd.RevisionBump);
        Assert.NotEmpty(_coordinator.Api.RestoreRequest.RequestId);
    }

    [Theory]
    [InlineData(RestoreState.Completed, ExitCodes.Ok)]
    [InlineData(RestoreState.PartiallyFailed, ExitCodes.PartiallyFailed)]
    [InlineData(RestoreState.Failed, ExitCodes.Failed)]
    [InlineData(RestoreState.Cancelled, ExitCodes.Cancelled)]
    public async Task Files_Watched_ExitCodeTellsHowItEnded(RestoreState end, int code)
    {
        _coordinator.Api.RestoreStates.Add(Samples.Restore(end));

        CliRun run = await _coordinator.RunAsync(
            "restore", "files", "latest", "volume/data@worker-1", "--path", "a/b", "--path", "c", "--conflicts", "rename", "--target", "/srv/x", "--file-flags", "--watch");

        Assert.Equal(code, run.Code);
        StartRestoreRequest request = _coordinator.Api.RestoreRequest!;
        Assert.Equal(["a/b", "c"], request.Paths.Select(p => p.ToStringUtf8()));
        Assert.Equal(ConflictPolicy.Rename, request.Files.Conflicts);
        Assert.True(request.Files.FileFlags);
        Assert.Equal("/srv/x", request.Files.Target);
    }

    [Theory]
    [InlineData("--target", "relative/dir")]
    [InlineData("--conflicts", "destroy")]
    [InlineData("--path", "a/../b")]
    public async Task Files_BadOption_IsRefusedBeforeAnythingStarts(string option, string value)
    {
        CliRun run = await _coordinator.RunAsync("restore", "files", "latest", "volume/data@worker-1", option, value);

        Assert.Equal(ExitCodes.Usage, run.Code);
        Assert.Null(_coordinator.Api.RestoreRequest);
    }

    [Fact]
    public async Task Files_DryRun_ShowsAndStartsNothing()
    {
        AddPreview(deletes: 3);
        CliRun run = await _coordinator.RunAsync("restore", "files", "latest", "volume/data@worker-1", "--conflicts", "overwrite", "--dry-run");

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Contains("some/extra", run.Out, StringComparison.Ordinal);
        Assert.Equal(ConflictPolicy.Overwrite, _coordinator.Api.PreviewRequest!.Files.Conflicts);
        Assert.Null(_coordinator.Api.RestoreRequest);
    }

    [Theory]
    [InlineData(3, "3", ExitCodes.Ok, true)]
    [InlineData(3, "yes", ExitCodes.Cancelled, false)]
    [InlineData(0, "", ExitCodes.Ok, true)]
    public async Task Files_Mirror_WantsTheNumberOfDeletionsTyped(int deletes, string typed, int code, bool starts)
    {
        AddPreview(deletes);
        CliRun run = await _coordinator.RunAsync(
            c => c with { InIsTerminal = true, In = new StringReader(typed + "\n") },
            CancellationToken.None,
            "restore", "files", "latest", "volume/data@worker-1", "--conflicts", "mirror");

        Assert.Equal(code, run.Code);
        Assert.NotNull(_coordinator.Api.PreviewRequest);
        Assert.Equal(starts, _coordinator.Api.RestoreRequest is not null);
    }

    [Fact]
    public async Task Files_MirrorWhereNobodyCanConfirm_NeedsYes()
    {
        CliRun refused = await _coordinator.RunAsync("restore", "files", "latest", "volume/data@worker-1", "--conflicts", "mirror");
        Assert.Equal(ExitCodes.Usage, refused.Code);
        Assert.Null(_coordinator.Api.PreviewRequest);
        Assert.Null(_coordinator.Api.RestoreRequest);

        CliRun run = await _coordinator.RunAsync("restore", "files", "latest", "volume/data@worker-1", "--conflicts", "mirror", "--yes");
        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Null(_coordinator.Api.PreviewRequest);
        Assert.Equal(ConflictPolicy.Mirror, _coordinator.Api.RestoreRequest!.Files.Conflicts);
    }

    [Fact]
    public async Task ControlPlane_Node_ChoosesItsOwnFiles()
    {
        CliRun run = await _coordinator.RunAsync("restore", "control-plane", "latest", "--node", "cp-1", "--target", "/srv/old");

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Equal(SourceKind.ControlPlaneFiles, _coordinator.Api.RestoreRequest!.Source.Kind);
        Assert.Equal(ConflictPolicy.Skip, _coordinator.Api.RestoreRequest.Files.Conflicts);
    }

    private void AddPreview(int deletes)
    {
        Restore done = Samples.Restore(RestoreState.Completed);
        done.Failure = null;
        done.Report = new RestoreReport
        {
            Preview = new RestorePreview { Delete = deletes, Changes = { new PlannedChange { Action = PlannedAction.Delete, Path = "some/extra" } } },
        };
        _coordinator.Api.RestoreStates.Add(done);
    }
}
