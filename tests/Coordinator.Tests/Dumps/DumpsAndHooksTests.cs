using K8sBackup.Coordinator.Dumps;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Hooks;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Coordinator.Tests.Runs;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Coordinator.Tests.Dumps;

/// <summary>Dumps and volumes of one pod: which goes first, and who may touch what.</summary>
public sealed class DumpsAndHooksTests : IAsyncLifetime
{
    private static readonly SourceKey Dumped = new(PodDump.Node, SourceKind.Volume, "dump");
    private static readonly SourceKey Data = new("w-1", SourceKind.Volume, "data");
    private readonly RunWorld _world = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Run_PodWithHooks_IsDumpedBeforeItIsHeld()
    {
        RunId id = await BeginAsync(HookState.Waiting);
        await _world.UntilAsync(() => _world.Dumps.Begun.Count == 1);
        await _world.Clock.AdvanceUntilAsync(() => _world.Clock.GetUtcNow() > _world.Get(id).StartedAt + TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        Assert.Empty(_world.Commands.Log);
        await _world.CommitAsync(id, Dumped);
        await _world.CommitAsync(id, Data);
        Assert.Equal(RunState.Completed, (await _world.OverAsync(id)).State);
        Assert.Equal(["db-0: freeze", "db-0: thaw"], _world.Commands.Log);
    }

    [Fact]
    public async Task Run_PodIsHeldAlready_IsDumpedAfterItsRelease()
    {
        RunId id = await BeginAsync(HookState.Prepared);
        await _world.WorkAsync(id, Data);
        Assert.Empty(_world.Dumps.Begun);
        await _world.CommitAsync(id, Data);
        await _world.UntilAsync(() => _world.Dumps.Begun.Count == 1);
        Assert.Equal(["db-0: thaw"], _world.Commands.Log);
        await _world.CommitAsync(id, Dumped);
        Assert.Equal(RunState.Completed, (await _world.OverAsync(id)).State);
    }

    [Fact]
    public async Task Work_OfADump_IsNoAgentsWhateverItsName()
    {
        RunId id = await BeginAsync(HookState.Waiting);
        WorkItem item = await _world.WorkAsync(id, Dumped);
        Assert.False(WorkAccess.IsAllowed(item, new PeerIdentity("prod", Role.Worker, PodDump.Node)));
        Assert.False(WorkAccess.IsAllowed(item, new PeerIdentity("prod", Role.ControlPlane, PodDump.Node)));
    }

    [Fact]
    public async Task Run_NodeOfOtherSourcesIsGone_TheDumpGoesOn()
    {
        RunId id = await BeginAsync(HookState.Waiting);
        await _world.UntilAsync(() => _world.Dumps.Begun.Count == 1);
        _world.Disconnect("w-1");
        await _world.UntilAsync(() => _world.Get(id).Sources.Single(s => s.Source == Data).IsOver);
        await _world.CommitAsync(id, Dumped);
        RunRecord run = await _world.OverAsync(id);
        Assert.Equal((RunState.PartiallyFailed, SourceState.Completed), (run.State, run.Sources.Single(s => s.Source == Dumped).State));
    }

    private async Task<RunId> BeginAsync(HookState state)
    {
        _world.Connect("w-1");
        RunId id = RunId.Create(_world.Clock);
        PodReference pod = new("prod", "db-0", "u1");
        PodVolume volume = new() { Namespace = "prod", Pod = "db-0", PodUid = "u1", Kind = PodVolumeKind.EmptyDir };
        HookCommand dump = new("", ["pg_dump"], TimeSpan.FromHours(1), HookErrorMode.Fail);
        await _world.TakeUpAsync(new RunRecord
        {
            Id = id,
            Plan = "nightly",
            State = RunState.Running,
            StartedAt = _world.Clock.GetUtcNow(),
            Sources =
            [
                new RunSource { Source = Data, Task = "{}", State = SourceState.Waiting, Volume = volume },
                new RunSource { Source = Dumped, Task = "{}", State = SourceState.Waiting, Volume = volume with { Kind = PodVolumeKind.CommandOutput }, Dump = new PodDump(pod, dump, "dump", ErrorFails: false) },
            ],
            Hooks = [new RunHook { Pod = pod, State = state, Before = [dump with { Command = ["freeze"] }], After = [dump with { Command = ["thaw"] }] }],
            StartedBy = "alice",
            MaxConcurrent = 8,
            NodeWait = TimeSpan.FromSeconds(30),
        });
        return id;
    }
}
