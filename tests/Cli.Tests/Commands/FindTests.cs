using System.Text.Json;
using Google.Protobuf;
using K8sBackup.Cli.Failures;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Tests.Commands;

public sealed class FindTests : IAsyncLifetime
{
    private FakeCoordinator _coordinator = null!;

    public async Task InitializeAsync() => _coordinator = await FakeCoordinator.StartAsync();

    public async Task DisposeAsync() => await _coordinator.DisposeAsync();

    [Fact]
    public async Task Find_Hits_ArePrintedWithTheirPoint()
    {
        Hit("dir/new\nline.db");
        _coordinator.Api.FindMessages.Add(new FindFilesMessage { Done = new FindFilesDone { Points = 3, Snapshots = 2, Found = 1 } });

        CliRun run = await _coordinator.RunAsync("find", "*.db", "--plan", "nightly", "--source", "data");

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Contains("01POINT", run.Out, StringComparison.Ordinal);
        Assert.Contains("dir/new\\x0aline.db", run.Out, StringComparison.Ordinal);
        FindFilesRequest request = _coordinator.Api.FindRequest!;
        Assert.Equal(("*.db", "latest", "nightly", "data"), (request.Pattern, request.PointId, request.Plan, request.Source));
    }

    [Fact]
    public async Task Find_AllPoints_AsJson_IsAnArray()
    {
        Hit("f");
        Hit("f");
        _coordinator.Api.FindMessages.Add(new FindFilesMessage { Done = new FindFilesDone { Found = 2 } });

        CliRun run = await _coordinator.RunAsync("find", "f", "--all-points", "--output", "json");

        Assert.Equal("", _coordinator.Api.FindRequest!.PointId);
        Assert.Equal(7, JsonDocument.Parse(run.Out).RootElement[1].GetProperty("file").GetProperty("size").GetInt64());
    }

    [Fact]
    public async Task Find_NothingFailuresOrNoEnd_AreToldByTheExitCode()
    {
        _coordinator.Api.FindMessages.Add(new FindFilesMessage { Done = new FindFilesDone() });
        Assert.Equal(ExitCodes.NotFound, (await _coordinator.RunAsync("find", "f")).Code);

        _coordinator.Api.FindMessages[0].Done.Failures.Add(new Failure { Source = "volume/data@n of 01X", Message = "damaged" });
        CliRun run = await _coordinator.RunAsync("find", "f");
        Assert.Equal(ExitCodes.PartiallyFailed, run.Code);
        Assert.Contains("volume/data@n of 01X", run.Error, StringComparison.Ordinal);

        _coordinator.Api.FindMessages.Clear();
        Assert.NotEqual(ExitCodes.Ok, (await _coordinator.RunAsync("find", "f")).Code);
    }

    private void Hit(string path) => _coordinator.Api.FindMessages.Add(new FindFilesMessage
    {
        Found = new FoundFile
        {
            PointId = "01POINT",
            Source = new SourceKey { Node = "n", Kind = SourceKind.Volume, Name = "data" },
            Entry = new Entry { Path = ByteString.CopyFromUtf8(path), Kind = EntryKind.File, Size = 7 },
        },
    });
}
