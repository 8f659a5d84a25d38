using System.Text.Json;
using Grpc.Core;
using K8sBackup.Cli.Failures;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Tests.Commands;

public sealed class WatchTests : IAsyncLifetime
{
    private FakeCoordinator _coordinator = null!;

    public async Task InitializeAsync() => _coordinator = await FakeCoordinator.StartAsync();

    public async Task DisposeAsync() => await _coordinator.DisposeAsync();

    [Theory]
    [InlineData(RunState.Completed, ExitCodes.Ok)]
    [InlineData(RunState.PartiallyFailed, ExitCodes.PartiallyFailed)]
    [InlineData(RunState.Failed, ExitCodes.Failed)]
    [InlineData(RunState.Cancelled, ExitCodes.Cancelled)]
    public async Task PlanRun_Watched_ExitCodeTellsHowItEnded(RunState end, int code)
    {
        _coordinator.Api.RunStates.Add(Samples.Run(RunState.Running, SourceState.Running, 1024));
        _coordinator.Api.RunStates.Add(Samples.Run(end, SourceState.Completed, 4096));

        CliRun run = await _coordinator.RunAsync("plan", "run", "nightly", "--watch");

        Assert.Equal(code, run.Code);
        Assert.Contains("volume/data@worker-1: reading, 1.0 KiB / 4.0 KiB, 1/2 files", run.Error, StringComparison.Ordinal);
        Assert.Contains(end.ToString(), run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunWatch_CoordinatorRestarts_GoesOn()
    {
        _coordinator.Api.WatchBreaks = 1;
        _coordinator.Api.RunStates.Add(Samples.Run(RunState.Running, SourceState.Running, 1024));
        _coordinator.Api.RunStates.Add(Samples.Run(RunState.Completed, SourceState.Completed, 4096));

        CliRun run = await _coordinator.RunAsync("run", "watch", Samples.RunId);

        Assert.Equal(ExitCodes.Ok, run.Code);
    }

    [Fact]
    public async Task RunWatch_Json_IsOneDocumentALine()
    {
        _coordinator.Api.RunStates.Add(Samples.Run(RunState.Running, SourceState.Running, 1024));
        _coordinator.Api.RunStates.Add(Samples.Run(RunState.Completed, SourceState.Completed, 4096));

        CliRun run = await _coordinator.RunAsync("run", "watch", Samples.RunId, "--output", "json");

        string[] states = [.. run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("state").GetString()!)];
        Assert.Equal(["Running", "Completed"], states);
    }

    [Fact]
    public async Task RunWatch_Interrupted_DetachesAndSaysHowToGoOn()
    {
        _coordinator.Api.Hangs = true;
        _coordinator.Api.RunStates.Add(Samples.Run(RunState.Running, SourceState.Running, 1024));
        using CancellationTokenSource interrupt = new();

        Task<CliRun> running = _coordinator.RunAsync(c => c, interrupt.Token, "run", "watch", Samples.RunId);
        await _coordinator.Api.Hanging.Task.WaitAsync(TimeSpan.FromMinutes(1));
        await interrupt.CancelAsync();
        CliRun run = await running;

        Assert.Equal(ExitCodes.Cancelled, run.Code);
        Assert.Contains($"k8sbackup run cancel {Samples.RunId}", run.Error, StringComparison.Ordinal);
        Assert.Contains($"k8sbackup run watch {Samples.RunId}", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RestoreWatch_ConnectionLost_SaysThatTheRestoreGoesOn()
    {
        Restore going = Samples.Restore(RestoreState.Running);
        _coordinator.Api.RestoreStates.Add(going);
        _coordinator.Api.WatchFailure = new RpcException(new Status(StatusCode.Internal, "broken"));

        CliRun run = await _coordinator.RunAsync("restore", "watch", going.Id);

        Assert.NotEqual(ExitCodes.Ok, run.Code);
        Assert.Contains($"goes on without this command. Once the coordinator can be reached again: k8sbackup restore watch {going.Id}", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, ExitCodes.Ok)]
    [InlineData(1, ExitCodes.Damaged)]
    public async Task Check_Problems_GiveTheCodeForDamage(int problems, int code)
    {
        CheckResult result = new() { Objects = 3 };
        for (int i = 0; i < problems; i++)
        {
            result.Problems.Add(new CheckProblem { Object = "packs/x", Problem = "flipped", Affected = { Samples.PointId } });
        }

        _coordinator.Api.CheckMessages.Add(new CheckMessage { Progress = new Progress { BytesDone = 1 } });
        _coordinator.Api.CheckMessages.Add(new CheckMessage { Result = result });

        CliRun run = await _coordinator.RunAsync("check", "--read-data");

        Assert.Equal(code, run.Code);
        Assert.Equal(problems == 1, run.Out.Contains("packs/x", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false, 0, "check")]
    [InlineData(true, 0, "check", "--read-data")]
    [InlineData(true, 2.5, "check", "--read-data=2.5")]
    public async Task Check_ShareOfTheData_GoesAlong(bool reads, double percent, params string[] arguments)
    {
        await _coordinator.RunAsync(arguments);

        Assert.Equal(new CheckRequest { ReadData = reads, ReadDataPercent = percent }, Assert.Single(_coordinator.Api.CheckRequests));
    }

    [Fact]
    public async Task Check_EndsWithoutResult_Fails()
    {
        CliRun run = await _coordinator.RunAsync("check");

        Assert.NotEqual(ExitCodes.Ok, run.Code);
    }
}
