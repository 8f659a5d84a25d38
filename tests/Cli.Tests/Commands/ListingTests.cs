using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using K8sBackup.Cli.Failures;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Tests.Commands;

public sealed class ListingTests : IAsyncLifetime
{
    private FakeCoordinator _coordinator = null!;

    public async Task InitializeAsync() => _coordinator = await FakeCoordinator.StartAsync();

    public async Task DisposeAsync() => await _coordinator.DisposeAsync();

    [Fact]
    public async Task Nodes_HostileName_IsEscaped()
    {
        _coordinator.Api.Nodes.Add(new Node { Name = "evil\u001b[2J\u202e", Role = Role.Worker });

        CliRun run = await _coordinator.RunAsync("nodes");

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Contains("evil\\x1b[2J\\xe2\\x80\\xae", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', run.Out);
        Assert.DoesNotContain('\u202e', run.Out);
    }

    [Fact]
    public async Task NodesRemove_NamesTheNode()
    {
        CliRun run = await _coordinator.RunAsync("nodes", "remove", "worker-7");

        Assert.Equal((ExitCodes.Ok, "worker-7"), (run.Code, _coordinator.Api.RemovedNode));
        Assert.Contains("worker-7", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("json")]
    [InlineData("yaml")]
    public async Task Nodes_Documents_HoldNoControlCharacter(string format)
    {
        _coordinator.Api.Nodes.Add(new Node { Name = "evil\u001b[2J\u202e", Role = Role.ControlPlane });

        CliRun run = await _coordinator.RunAsync("nodes", "--output", format);

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.DoesNotContain('\u001b', run.Out);
        Assert.DoesNotContain('\u202e', run.Out);
        Assert.Contains("control-plane", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nodes_None_PrintsEmptyDocument()
    {
        CliRun run = await _coordinator.RunAsync("nodes", "--output", "json");

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Equal(0, JsonDocument.Parse(run.Out).RootElement.GetArrayLength());
    }

    [Fact]
    public async Task PointShow_Json_HasStableNames()
    {
        _coordinator.Api.Points.Add(Samples.Point());

        CliRun run = await _coordinator.RunAsync("point", "show", "latest", "--output", "json");

        JsonElement point = JsonDocument.Parse(run.Out).RootElement;
        Assert.Equal(Samples.PointId, point.GetProperty("id").GetString());
        Assert.Equal("2026-03-04T05:06:07.000Z", point.GetProperty("startedAt").GetString());
        Assert.Equal("etcd/main@cp-1", point.GetProperty("snapshots")[0].GetProperty("source").GetString());
        Assert.Equal(4711, point.GetProperty("snapshots")[0].GetProperty("etcd").GetProperty("revision").GetInt64());
        Assert.Equal("Vanished", point.GetProperty("snapshots")[2].GetProperty("items")[0].GetProperty("state").GetString());
        Assert.Equal("NodeUnavailable", point.GetProperty("failures")[0].GetProperty("cause").GetString());
    }

    [Fact]
    public async Task PointShow_Table_NamesWhatFailedAndWhatWasSkipped()
    {
        _coordinator.Api.Points.Add(Samples.Point());

        CliRun run = await _coordinator.RunAsync("point", "show", Samples.PointId[..20]);

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Contains("Items of volume/data@worker-1", run.Out, StringComparison.Ordinal);
        Assert.Contains("was gone", run.Out, StringComparison.Ordinal);
        Assert.Contains("etcd/main@cp-2", run.Out, StringComparison.Ordinal);
        Assert.Contains("4711", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("list")]
    [InlineData("show")]
    public async Task Points_SuspectAndIncomplete_AreShownAsSuch(string verb)
    {
        RestorePoint point = Samples.Point();
        point.Snapshots[0].Etcd.Suspicion = "At revision 4711 the members disagree.";
        point.RecoverySet = new RecoverySet { Missing = { "There is no snapshot of etcd to rely on.", "cp-2 has no files." } };
        _coordinator.Api.Points.Add(point);
        string[] command = verb == "list" ? ["point", "list"] : ["point", "show", "latest"];

        CliRun table = await _coordinator.RunAsync(command);
        CliRun json = await _coordinator.RunAsync([.. command, "--output", "json"]);

        Assert.Contains("INCOMPLETE, 2", table.Out, StringComparison.Ordinal);
        Assert.Contains("etcd/main@cp-1", table.Out, StringComparison.Ordinal);
        JsonElement shown = JsonDocument.Parse(json.Out).RootElement;
        shown = verb == "list" ? shown[0] : shown;
        Assert.Equal(("INCOMPLETE, 2", "etcd/main@cp-1"), (shown.GetProperty("recovery").GetString(), shown.GetProperty("suspect").GetString()));
        if (verb == "show")
        {
            Assert.Contains("SUSPECT, revision 4711", table.Out, StringComparison.Ordinal);
            Assert.Contains("At revision 4711 the members disagree.", table.Out, StringComparison.Ordinal);
            Assert.Contains("cp-2 has no files.", table.Out, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Points_CompleteAndSound_AreNotSuspected()
    {
        RestorePoint point = Samples.Point();
        point.RecoverySet = new RecoverySet { Complete = true, Nodes = { "cp-1" } };
        _coordinator.Api.Points.Add(point);

        string shown = (await _coordinator.RunAsync("point", "show", "latest")).Out;

        Assert.Contains("complete", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("INCOMPLETE", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("SUSPECT", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PointShow_Damaged_SaysSoAndFails()
    {
        _coordinator.Api.Points.Add(new RestorePoint { Id = Samples.PointId, Damage = "authentication failed" });

        CliRun run = await _coordinator.RunAsync("point", "show", "latest", "--output", "json");

        Assert.Equal(ExitCodes.Damaged, run.Code);
        Assert.Contains("authentication failed", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PlanList_BadFile_IsWarnedAboutWithFileAndLine()
    {
        _coordinator.Api.Plans.Plans.Add(new Plan { Name = "nightly" });
        _coordinator.Api.Plans.Problems.Add(new PlanProblem { File = "bad.yaml", Line = 7, Reason = "no such kind", LastGoodInForce = true });

        CliRun run = await _coordinator.RunAsync("plan", "list");

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Contains("nightly", run.Out, StringComparison.Ordinal);
        Assert.Contains("bad.yaml:7: no such kind", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PlanShow_Unknown_IsNotFound()
    {
        CliRun run = await _coordinator.RunAsync("plan", "show", "nope");

        Assert.Equal(ExitCodes.NotFound, run.Code);
        Assert.Contains("There is no plan 'nope'.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ls_OddNames_AreEscapedAndCanBeTypedBack()
    {
        _coordinator.Api.Points.Add(Samples.Point());
        _coordinator.Api.Files.Add(new Entry { Path = ByteString.CopyFrom("a\xff\n\\b"u8), Kind = EntryKind.File, Mode = 0x9ed });

        CliRun listed = await _coordinator.RunAsync("ls", "latest", "volume/data@worker-1");
        CliRun again = await _coordinator.RunAsync("ls", "latest", "volume/data@worker-1", listed.Out.Trim(), "-l");

        Assert.Equal(ExitCodes.Ok, again.Code);
        Assert.Equal(_coordinator.Api.Files[0].Path, _coordinator.Api.FilesRequest!.Path);
        Assert.StartsWith("-rwsr-xr-x", again.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ls_Json_IsOneArray()
    {
        _coordinator.Api.Points.Add(Samples.Point());
        _coordinator.Api.Files.Add(new Entry { Path = ByteString.CopyFromUtf8("a"), Kind = EntryKind.Directory });
        _coordinator.Api.Files.Add(new Entry { Path = ByteString.CopyFromUtf8("a/b"), Kind = EntryKind.File, Flags = 0x50, ModifiedSeconds = -1, ModifiedNanoseconds = 5 });

        CliRun run = await _coordinator.RunAsync("ls", "latest", "volume/data@worker-1", "-R", "--output", "json");

        JsonElement files = JsonDocument.Parse(run.Out).RootElement;
        Assert.Equal(2, files.GetArrayLength());
        Assert.Equal("1969-12-31T23:59:59.000000005Z", files[1].GetProperty("modifiedAt").GetString());
        Assert.Equal(["Immutable", "NoDump"], files[1].GetProperty("flags").EnumerateArray().Select(flag => flag.GetString()));
        Assert.True(_coordinator.Api.FilesRequest!.Recursive);
        run = await _coordinator.RunAsync("ls", "latest", "volume/data@worker-1", "-R", "-l");
        Assert.EndsWith("a/b  [Immutable, NoDump]", run.Out.TrimEnd(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("volume/data", ExitCodes.Usage)]
    [InlineData("volume/other", ExitCodes.NotFound)]
    [InlineData("etcd@cp-2", ExitCodes.NotFound)]
    [InlineData("nonsense", ExitCodes.Usage)]
    [InlineData("etcd", ExitCodes.Ok)]
    [InlineData("volume@worker-2", ExitCodes.Ok)]
    public async Task Ls_Source_IsResolvedOrRefused(string source, int code)
    {
        _coordinator.Api.Points.Add(Samples.Point());

        CliRun run = await _coordinator.RunAsync("ls", "latest", source);

        Assert.Equal(code, run.Code);
    }

    [Fact]
    public async Task Ls_PathWithDots_IsRefused()
    {
        CliRun run = await _coordinator.RunAsync("ls", "latest", "etcd", "../etc");

        Assert.Equal(ExitCodes.Usage, run.Code);
        Assert.Null(_coordinator.Api.FilesRequest);
    }

    [Fact]
    public async Task JoinToken_OutputFile_KeepsTheTokenOffTheTerminal()
    {
        string file = Path.Combine(_coordinator.Folder, "token");

        CliRun run = await _coordinator.RunAsync("join-token", "--role", "worker", "--node", "w1", "--lifetime", "15m", "--output-file", file);

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Equal("kb1.secret-token\n", await File.ReadAllTextAsync(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.DoesNotContain("secret", run.Out + run.Error, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromMinutes(15), _coordinator.Api.TokenRequest!.Lifetime.ToTimeSpan());
        Assert.Equal(Role.Worker, _coordinator.Api.TokenRequest.Role);
    }

    [Theory]
    [InlineData(StatusCode.PermissionDenied, ExitCodes.Denied)]
    [InlineData(StatusCode.Unauthenticated, ExitCodes.Denied)]
    [InlineData(StatusCode.Unavailable, ExitCodes.Unavailable)]
    [InlineData(StatusCode.DataLoss, ExitCodes.Damaged)]
    [InlineData(StatusCode.FailedPrecondition, ExitCodes.Refused)]
    [InlineData(StatusCode.InvalidArgument, ExitCodes.Usage)]
    [InlineData(StatusCode.NotFound, ExitCodes.NotFound)]
    [InlineData(StatusCode.Internal, ExitCodes.Internal)]
    public async Task Status_Refused_GivesTheDocumentedCode(StatusCode status, int code)
    {
        _coordinator.Api.Failure = new RpcException(new Status(status, "because"));

        CliRun run = await _coordinator.RunAsync("status", "--output", "json");

        Assert.Equal(code, run.Code);
        Assert.Contains("because", JsonDocument.Parse(run.Error).RootElement.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Empty(run.Out);
    }
}
