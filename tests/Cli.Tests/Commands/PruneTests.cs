using System.Text.Json;
using Grpc.Core;
using K8sBackup.Cli.Failures;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Tests.Commands;

public sealed class PruneTests : IAsyncLifetime
{
    private FakeCoordinator _coordinator = null!;

    public async Task InitializeAsync() => _coordinator = await FakeCoordinator.StartAsync();

    public async Task DisposeAsync() => await _coordinator.DisposeAsync();

    [Fact]
    public async Task DryRun_ShowsWhatGoesAndWhyAndWhatComesBack()
    {
        Answer(Result(dryRun: true));

        CliRun run = await _coordinator.RunAsync("prune", "--dry-run");

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.True(Assert.Single(_coordinator.Api.PruneRequests).DryRun);
        Assert.Contains("repository: marking, 0 B, 3/9 objects", run.Error, StringComparison.Ordinal);
        Assert.Matches("Restore points to delete: +2", run.Out);
        Assert.Contains(Samples.PointId, run.Out, StringComparison.Ordinal);
        Assert.Matches(@"Packs to delete: +3\.0 MiB in 3 packs", run.Out);
        Assert.Matches(@"Packs to condemn: +4\.0 MiB in 4 packs", run.Out);
        Assert.Matches(@"Comes back later: +3\.5 MiB", run.Out);
        Assert.Matches(@"Sparse +1 +1\.0 MiB +repacked: less of it is needed than the threshold", run.Out);
        Assert.Matches(@"packs/ab/1 +Sparse +1\.0 MiB +50", run.Out);
    }

    [Fact]
    public async Task DryRun_LongLists_AreCutForPeopleAndWholeInDocuments()
    {
        PruneResult result = Result(dryRun: true);
        result.Decisions.Add(Enumerable.Range(2, 60).Select(i => new PackDecision { Object = $"packs/ab/{i}", Reason = "Unreferenced", Bytes = 1 }));
        Answer(result);
        Answer(result);

        CliRun table = await _coordinator.RunAsync("prune", "--dry-run");
        CliRun json = await _coordinator.RunAsync("prune", "--dry-run", "--output", "json");

        Assert.Contains("the first 20 of 61", table.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("packs/ab/21 ", table.Out, StringComparison.Ordinal);
        JsonElement[] events = [.. json.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];
        Assert.Equal("marking", events[0].GetProperty("progress").GetProperty("phase").GetString());
        JsonElement document = events[^1].GetProperty("result");
        Assert.Equal(61, document.GetProperty("decisions").GetArrayLength());
        Assert.Equal((3, 3 << 20), (document.GetProperty("deleted").GetProperty("packs").GetInt32(), document.GetProperty("deleted").GetProperty("bytes").GetInt32()));
        Assert.True(document.GetProperty("dryRun").GetBoolean());
    }

    [Fact]
    public async Task Confirmed_DeletesOnlyWhatThePlanNamed()
    {
        Answer(Result(dryRun: true));
        Answer(Result(dryRun: false));

        CliRun run = await PruneAtTerminalAsync("prune\n", "--repack-threshold", "40", "--trust-clock");

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Contains("This deletes 2 restore points, 5 snapshots and 3.0 MiB of packs for good", run.Error, StringComparison.Ordinal);
        Assert.Equal([true, false], _coordinator.Api.PruneRequests.Select(r => r.DryRun));
        Assert.All(_coordinator.Api.PruneRequests, r => Assert.Equal((40, true), (r.RepackThresholdPercent, r.TrustClock)));
        Assert.Null(_coordinator.Api.PruneRequests[0].Only);
        Assert.Equal([Samples.PointId, Samples.RunId], _coordinator.Api.PruneRequests[1].Only.Ids);
        Assert.Matches("Restore points deleted: +2", run.Out);
    }

    [Theory]
    [InlineData("yes\n")]
    [InlineData("")]
    public async Task NotConfirmed_DoesNothing(string answer)
    {
        Answer(Result(dryRun: true));

        CliRun run = await PruneAtTerminalAsync(answer);

        Assert.Equal(ExitCodes.Cancelled, run.Code);
        Assert.True(Assert.Single(_coordinator.Api.PruneRequests).DryRun);
    }

    [Fact]
    public async Task NoTerminal_IsRefusedBeforeAnyWork()
    {
        CliRun run = await _coordinator.RunAsync("prune");

        Assert.Equal(ExitCodes.Usage, run.Code);
        Assert.Contains("--yes", run.Error, StringComparison.Ordinal);
        Assert.Empty(_coordinator.Api.PruneRequests);
    }

    [Fact]
    public async Task Yes_ExecutesAtOnceWithTheConfiguredThreshold()
    {
        Answer(Result(dryRun: false));

        CliRun run = await _coordinator.RunAsync("prune", "--yes", "--output", "json");

        PruneRequest request = Assert.Single(_coordinator.Api.PruneRequests);
        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Equal((false, false, false), (request.DryRun, request.HasRepackThresholdPercent, request.TrustClock));
        Assert.Null(request.Only);
    }

    [Fact]
    public async Task NothingToDo_IsSaidAndNotAskedFor()
    {
        Answer(new PruneResult { DryRun = true, Total = Tally(7) });

        CliRun run = await PruneAtTerminalAsync("");

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Contains("There is nothing to prune.", run.Error, StringComparison.Ordinal);
        Assert.Single(_coordinator.Api.PruneRequests);
    }

    [Theory]
    [InlineData("Clock", ExitCodes.Refused)]
    [InlineData("DamagedManifest", ExitCodes.Damaged)]
    [InlineData("IncompleteIndex", ExitCodes.Damaged)]
    [InlineData("DamagedPack", ExitCodes.Damaged)]
    [InlineData("Store", ExitCodes.Unavailable)]
    [InlineData("Locked", ExitCodes.Ok)]
    [InlineData("Upload", ExitCodes.Ok)]
    public async Task Obstacle_IsShownAndGivesItsCode(string kind, int code)
    {
        Answer(new PruneResult { Obstacles = { new PruneObstacle { Kind = kind, Detail = "because of this" } } });

        CliRun run = await _coordinator.RunAsync("prune", "--yes");

        Assert.Equal(code, run.Code);
        Assert.Matches($"{kind} +because of this", run.Out);
    }

    [Theory]
    [InlineData(StatusCode.FailedPrecondition, ExitCodes.Refused)]
    [InlineData(StatusCode.InvalidArgument, ExitCodes.Usage)]
    public async Task Refused_GivesTheDocumentedCode(StatusCode status, int code)
    {
        _coordinator.Api.Failure = new RpcException(new Status(status, "A check of the repository is going on."));

        CliRun run = await _coordinator.RunAsync("prune", "--yes");

        Assert.Equal(code, run.Code);
        Assert.Contains("going on", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EndsWithoutResult_Fails()
    {
        _coordinator.Api.Prunes.Enqueue([]);

        Assert.NotEqual(ExitCodes.Ok, (await _coordinator.RunAsync("prune", "--yes")).Code);
    }

    private static PackTally Tally(int packs) => new() { Packs = packs, Bytes = (long)packs << 20 };

    private static PruneResult Result(bool dryRun) => new()
    {
        DryRun = dryRun,
        PointCount = 2,
        Points = { Samples.PointId, Samples.RunId },
        Snapshots = 5,
        Total = Tally(20),
        Deleted = Tally(3),
        Condemned = Tally(4),
        Repacked = Tally(1),
        Waiting = Tally(4),
        BytesComingBack = 7 << 19,
        Reasons = { new PackReason { Reason = "Unreferenced", Packs = Tally(3) }, new PackReason { Reason = "Sparse", Packs = Tally(1) } },
        Decisions = { new PackDecision { Object = "packs/ab/1", Reason = "Sparse", Bytes = 1 << 20, LivePercent = 50 } },
    };

    private void Answer(PruneResult result) => _coordinator.Api.Prunes.Enqueue(
        [
            new PruneMessage { Progress = new Progress { Phase = "marking", FilesDone = 3, FilesTotal = 9 } },
            new PruneMessage { Result = result },
        ]);

    private async Task<CliRun> PruneAtTerminalAsync(string typed, params string[] options)
    {
        using StringReader input = new(typed);
        return await _coordinator.RunAsync(c => c with { In = input, InIsTerminal = true }, CancellationToken.None, ["prune", .. options]);
    }
}
