using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Hooks;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Coordinator.Tests.Fleet;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Coordinator.Tests.Runs;

/// <summary>Commands in pods around the backup of their volumes: when they run, and what follows when they or anything else fails.</summary>
public sealed class RunHooksTests : IAsyncLifetime
{
    private static readonly SourceKey A = new("w-1", SourceKind.Volume, "a");
    private static readonly SourceKey B = new("w-1", SourceKind.Volume, "b");
    private static readonly SourceKey Other = new("w-1", SourceKind.Volume, "other");
    private readonly RunWorld _world = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Run_TwoVolumesOfAPod_HeldOnceFromBeforeTheFirstToAfterTheLast()
    {
        RunId id = await BeginAsync(Hook());
        await _world.CommitAsync(id, A);
        await _world.UntilAsync(() => _world.Get(id).Sources[0].IsOver);
        Assert.Equal(["db-0: freeze"], _world.Commands.Log);
        await _world.CommitAsync(id, B);
        Assert.Equal(RunState.Completed, (await _world.OverAsync(id)).State);
        Assert.Equal(["db-0: freeze", "db-0: thaw"], _world.Commands.Log);
    }

    [Fact]
    public async Task Run_CommandStillRuns_NothingOfThePodIsRead()
    {
        _world.Commands.Ends = (_, command) => command.Command[0] == "freeze" ? null : new CommandOutcome.Exited(0, "");
        RunId id = await BeginAsync(Hook() with { Before = [Command("freeze") with { Timeout = TimeSpan.FromMinutes(1), OnError = HookErrorMode.Continue }] }, Other);
        await _world.CommitAsync(id, Other);
        await _world.UntilAsync(() => _world.Commands.Log.Count == 1);
        Assert.Null(_world.Board.Find(WorkIds.ForBackup(id, A)));
        Assert.Equal(HookState.Preparing, _world.Get(id).Hooks[0].State);
        // After its time the pod is read all the same, as the hook says.
        await _world.UntilAsync(() => _world.Board.Find(WorkIds.ForBackup(id, A)) is not null);
        await _world.CommitAsync(id, A);
        await _world.CommitAsync(id, B);
        RunRecord run = await _world.OverAsync(id);
        Assert.Equal("The pre-hook 1 of pod prod/db-0 (freeze) did not end within 00:01:00.", Assert.Single(run.Notes));
    }

    [Fact]
    public async Task Run_CommandBeforeFails_ThePodIsNotReadAndReleasedAndTheRestIs()
    {
        _world.Commands.Ends = (_, command) => new CommandOutcome.Exited(command.Command[0] == "freeze" ? 1 : 0, "read-only");
        RunId id = await BeginAsync(Hook(), Other);
        await _world.CommitAsync(id, Other);
        RunRecord run = await _world.OverAsync(id);
        Assert.Equal(RunState.PartiallyFailed, run.State);
        Assert.Equal(["db-0: freeze", "db-0: thaw"], _world.Commands.Log);
        Assert.All(run.Sources.Where(s => s.PodUid is not null), source =>
        {
            Assert.Equal((SourceState.Failed, FailureCause.HookFailed), (source.State, source.Failure!.Cause));
            Assert.Equal("The pre-hook 1 of pod prod/db-0 (freeze) ended with 1: read-only.", source.Failure.Message);
        });
        Assert.Null(_world.Board.Find(WorkIds.ForBackup(id, A)));
    }

    [Fact]
    public async Task Run_FaultyHooks_FailThePodWithTheReasonAndRunNothing()
    {
        Failure failure = new("", "", FailureCause.HookFailed, "The hooks of pod prod/db-0 are faulty: x.");
        RunId id = await BeginAsync(new RunHook { Pod = Hook().Pod, State = HookState.Refused, Failure = failure });
        RunRecord run = await _world.OverAsync(id);
        Assert.All(run.Sources, source => Assert.Equal(failure.Message, source.Failure!.Message));
        Assert.Empty(_world.Commands.Log);
    }

    [Fact]
    public async Task Run_CommandAfterFails_IsNotComplete()
    {
        _world.Commands.Ends = (_, command) => new CommandOutcome.Exited(command.Command[0] == "thaw" ? 1 : 0, "");
        RunId id = await BeginAsync(Hook());
        await _world.CommitAsync(id, A);
        await _world.CommitAsync(id, B);
        RunRecord run = await _world.OverAsync(id);
        Assert.Equal(RunState.PartiallyFailed, run.State);
        Assert.True(run.HookFailed);
        Assert.Equal("The post-hook 1 of pod prod/db-0 (thaw) ended with 1.", Assert.Single(run.Notes));
    }

    [Fact]
    public async Task Run_NodeDies_ThePodIsReleased()
    {
        RunId id = await BeginAsync(Hook());
        await _world.WorkAsync(id, A);
        _world.Disconnect("w-1");
        Assert.Equal(RunState.Failed, (await _world.OverAsync(id)).State);
        Assert.Equal(["db-0: freeze", "db-0: thaw"], _world.Commands.Log);
    }

    [Fact]
    public async Task Cancel_PodIsHeld_IsReleasedBeforeTheRunEnds()
    {
        RunId id = await BeginAsync(Hook());
        await _world.WorkAsync(id, A);
        _world.Engine.Cancel(id, "alice");
        Assert.Equal(RunState.Cancelled, (await _world.OverAsync(id)).State);
        Assert.Equal(["db-0: freeze", "db-0: thaw"], _world.Commands.Log);
    }

    [Fact]
    public async Task Cancel_BeforeThePodsTurn_RunsNothing()
    {
        _world.PerNode = 1;
        RunId id = await BeginAsync(Hook(), first: Other);
        await _world.WorkAsync(id, Other);
        _world.Engine.Cancel(id, "alice");
        await _world.OverAsync(id);
        Assert.Empty(_world.Commands.Log);
    }

    [Fact]
    public async Task Restart_PodIsHeld_StaysHeldAndIsReleasedAtTheEnd()
    {
        RunId id = await BeginAsync(Hook());
        await _world.WorkAsync(id, A);
        await _world.RestartAsync();
        await _world.CommitAsync(id, A);
        await _world.CommitAsync(id, B);
        Assert.Equal(RunState.Completed, (await _world.OverAsync(id)).State);
        Assert.Equal(["db-0: freeze", "db-0: thaw"], _world.Commands.Log);
    }

    [Fact]
    public async Task Restart_InTheMiddleOfPreparation_ReleasesAndPreparesAgain()
    {
        bool hangs = true;
        _world.Commands.Ends = (_, _) => hangs ? null : new CommandOutcome.Exited(0, "");
        RunId id = await BeginAsync(Hook());
        await _world.UntilAsync(() => _world.Commands.Log.Count == 1);
        hangs = false;
        await _world.RestartAsync();
        await _world.CommitAsync(id, A);
        await _world.CommitAsync(id, B);
        await _world.OverAsync(id);
        Assert.Equal(["db-0: freeze", "db-0: thaw", "db-0: freeze", "db-0: thaw"], _world.Commands.Log);
    }

    [Fact]
    public async Task Run_PodIsNotHeldBeforeItIsKnownToWhoeverLeadsNext()
    {
        HeldStateHome? home = null;
        await using RunWorld world = new(home: files => home = new HeldStateHome(files));
        RunId id = await BeginAsync(world, Hook());
        await world.UntilAsync(() => home!.Flushed.Contains($"runs/{id}"));
        Assert.Equal(HookState.Preparing, world.Get(id).Hooks[0].State);
        Assert.Empty(world.Commands.Log);
        home!.Release();
        await world.CommitAsync(id, A);
        await world.CommitAsync(id, B);
        Assert.Equal(RunState.Completed, (await world.OverAsync(id)).State);
        Assert.Equal(["db-0: freeze", "db-0: thaw"], world.Commands.Log);
    }

    [Fact]
    public async Task Kill_CommandBeforeRuns_AndTheNodeIsGone_ThePodIsReleased()
    {
        _world.Commands.Ends = (_, command) => command.Command[0] == "freeze" ? null : new CommandOutcome.Exited(0, "");
        RunId id = await BeginAsync(Hook());
        await _world.UntilAsync(() => _world.Commands.Log.Count == 1);
        _world.Disconnect("w-1");
        await _world.KillAsync();
        RunRecord run = await _world.OverAsync(id);
        Assert.Equal(RunState.Failed, run.State);
        Assert.Equal("db-0: thaw", _world.Commands.Log[^1]);
    }

    [Fact]
    public async Task Run_Over_KeepsNoArguments()
    {
        HookCommand secret = Command("mysql") with { Command = ["mysql", "--password=hunter2"] };
        RunId id = await BeginAsync(Hook() with { Before = [secret], After = [secret] });
        await _world.CommitAsync(id, A);
        Assert.Contains(_world.Get(id).Hooks[0].After[0].Command, part => part.Contains("hunter2", StringComparison.Ordinal));
        await _world.CommitAsync(id, B);
        RunRecord run = await _world.OverAsync(id);
        Assert.Equal(["mysql", "…"], run.Hooks[0].Before[0].Command);
        Assert.DoesNotContain("hunter2", System.Text.Json.JsonSerializer.Serialize(run), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restart_InTheMiddleOfRelease_ReleasesAgain()
    {
        bool hangs = true;
        _world.Commands.Ends = (_, command) => command.Command[0] == "thaw" && hangs ? null : new CommandOutcome.Exited(0, "");
        RunId id = await BeginAsync(Hook());
        await _world.CommitAsync(id, A);
        await _world.CommitAsync(id, B);
        await _world.UntilAsync(() => _world.Commands.Log.Count == 2);
        hangs = false;
        await _world.RestartAsync();
        Assert.Equal(RunState.Completed, (await _world.OverAsync(id)).State);
        Assert.Equal(["db-0: freeze", "db-0: thaw", "db-0: thaw"], _world.Commands.Log);
    }

    [Fact]
    public async Task Run_OneSlot_HeldPodGoesBeforeOthers()
    {
        _world.PerNode = 1;
        RunId id = await BeginAsync(Hook(), Other);
        await _world.UntilAsync(() => Runs(id, A) || Runs(id, B));
        SourceKey first = Runs(id, A) ? A : B;
        await _world.CommitAsync(id, first);
        await _world.CommitAsync(id, first == A ? B : A);
        await _world.CommitAsync(id, Other);
        RunRecord run = await _world.OverAsync(id);
        Assert.All(run.Sources.Where(s => s.PodUid is not null), s => Assert.True(s.StartedAt <= run.Sources.Single(o => o.Source == Other).StartedAt));
    }

    private bool Runs(RunId id, SourceKey source) => _world.Get(id).Sources.Single(s => s.Source == source).State == SourceState.Running;

    private static HookCommand Command(string program) => new("", [program], HookCommand.DefaultTimeout, HookErrorMode.Fail);

    private static RunHook Hook() => new() { Pod = new PodReference("prod", "db-0", "u1"), Before = [Command("freeze")], After = [Command("thaw")] };

    // Volumes a and b belong to the pod; others to none.
    private Task<RunId> BeginAsync(RunHook hook, SourceKey? last = null, SourceKey? first = null) => BeginAsync(_world, hook, last, first);

    private static async Task<RunId> BeginAsync(RunWorld world, RunHook hook, SourceKey? last = null, SourceKey? first = null)
    {
        world.Connect("w-1");
        RunId id = RunId.Create(world.Clock);
        List<RunSource> sources = [Source(A, "u1"), Source(B, "u1")];
        if (first is not null)
        {
            sources.Insert(0, Source(first, null));
        }

        if (last is not null)
        {
            sources.Insert(1, Source(last, null));
        }

        await world.TakeUpAsync(new RunRecord
        {
            Id = id,
            Plan = "nightly",
            State = RunState.Running,
            StartedAt = world.Clock.GetUtcNow(),
            Sources = sources,
            Hooks = [hook],
            StartedBy = "alice",
            MaxConcurrent = 8,
            NodeWait = TimeSpan.FromSeconds(30),
        });
        return id;
    }

    private static RunSource Source(SourceKey key, string? pod) => new()
    {
        Source = key,
        Task = "{}",
        State = SourceState.Waiting,
        Volume = pod is null ? null : new PodVolume { Namespace = "prod", Pod = "db-0", PodUid = pod, Kind = PodVolumeKind.EmptyDir },
    };
}
