using K8sBackup.Coordinator.Hooks;
using K8sBackup.Coordinator.Tests.Runs;
using K8sBackup.TestKit.Time;

namespace K8sBackup.Coordinator.Tests.Hooks;

public sealed class HookRunnerTests
{
    private static readonly PodReference Db = new("prod", "db-0", "u1");
    private readonly FakePodCommands _commands = new();
    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public async Task Prepare_AllSucceed_RunsThemInOrder()
    {
        HookReport report = await Runner().PrepareAsync(Before(Command("one"), Command("two")), CancellationToken.None);
        Assert.Null(report.Fault);
        Assert.Empty(report.Notes);
        Assert.Equal(["db-0: one", "db-0: two"], _commands.Log);
    }

    [Fact]
    public async Task Prepare_OneFails_StopsThereAndSaysWhy()
    {
        _commands.Ends = (_, command) => new CommandOutcome.Exited(command.Command[0] == "one" ? 3 : 0, "first\nno \u001b[31mdatabase\n");
        HookReport report = await Runner().PrepareAsync(Before(Command("one", arguments: "password"), Command("two")), CancellationToken.None);
        Assert.Equal("The pre-hook 1 of pod prod/db-0 (one in container db) ended with 3: no ?[31mdatabase.", report.Fault);
        Assert.Single(_commands.Log);
    }

    [Fact]
    public async Task Prepare_FailureThatMayBe_IsNotedAndTheRestRuns()
    {
        _commands.Ends = (_, command) => new CommandOutcome.Exited(command.Command[0] == "one" ? 1 : 0, "");
        HookReport report = await Runner().PrepareAsync(Before(Command("one", HookErrorMode.Continue), Command("two")), CancellationToken.None);
        Assert.Null(report.Fault);
        Assert.Equal("The pre-hook 1 of pod prod/db-0 (one in container db) ended with 1.", Assert.Single(report.Notes));
        Assert.Equal(2, _commands.Log.Count);
    }

    [Fact]
    public async Task Prepare_CommandThatHangs_EndsWithItsTime()
    {
        _commands.Ends = (_, _) => null;
        Task<HookReport> report = Runner().PrepareAsync(Before(Command("one")), CancellationToken.None);
        await _clock.AdvanceUntilAsync(() => report.IsCompleted, TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5));
        Assert.Contains("did not end within 00:00:30", (await report).Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Release_OneFails_TheOthersRunAllTheSame()
    {
        _commands.Ends = (_, command) => command.Command[0] == "one" ? new CommandOutcome.Refused("There is no such container.") : new CommandOutcome.Exited(0, "");
        HookReport report = await Runner().ReleaseAsync(After(Command("one"), Command("two")), CancellationToken.None);
        Assert.Equal("The post-hook 1 of pod prod/db-0 (one in container db) was refused: There is no such container.", report.Fault);
        Assert.Equal(["db-0: one", "db-0: two"], _commands.Log);
    }

    [Fact]
    public async Task Release_ApiServerAway_IsTriedUntilItIsBack()
    {
        _commands.Ends = (_, _) => _commands.Log.Count < 6 ? new CommandOutcome.Unreachable("No answer.") : new CommandOutcome.Exited(0, "");
        Task<HookReport> report = Runner().ReleaseAsync(After(Command("one")), CancellationToken.None);
        await _clock.AdvanceUntilAsync(() => report.IsCompleted, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        Assert.Null((await report).Fault);
        Assert.Equal(6, _commands.Log.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3650)]
    [InlineData(-3650)]
    public async Task Release_ApiServerAwayForGood_IsGivenUpAfterItsTime_WhateverTheClockSays(int daysOfJump)
    {
        _commands.Ends = (_, _) => new CommandOutcome.Unreachable("No answer.");
        long begun = _clock.GetTimestamp();
        Task<HookReport> report = Runner().ReleaseAsync(After(Command("one")), CancellationToken.None);
        _clock.Jump(TimeSpan.FromDays(daysOfJump));
        await _clock.AdvanceUntilAsync(() => report.IsCompleted, TimeSpan.FromMinutes(1), TimeSpan.FromHours(1));
        Assert.Contains("could not be run: No answer.", (await report).Fault, StringComparison.Ordinal);
        Assert.True(_clock.GetElapsedTime(begun) >= HookRunner.ReleaseWithin);
    }

    [Fact]
    public async Task Release_PodThatIsGone_NeedsNothing()
    {
        _commands.Ends = (_, _) => new CommandOutcome.PodGone("It was deleted.");
        HookReport report = await Runner().ReleaseAsync(After(Command("one"), Command("two")), CancellationToken.None);
        Assert.Null(report.Fault);
        Assert.Equal("The post-hooks of pod prod/db-0 were not needed: the pod is gone.", Assert.Single(report.Notes));
        Assert.Single(_commands.Log);
    }

    private static HookCommand Command(string program, HookErrorMode onError = HookErrorMode.Fail, params string[] arguments) =>
        new("db", [program, .. arguments], HookCommand.DefaultTimeout, onError);

    private static RunHook Before(params HookCommand[] commands) => new() { Pod = Db, Before = commands };

    private static RunHook After(params HookCommand[] commands) => new() { Pod = Db, After = commands };

    private HookRunner Runner() => new(_commands, _clock);
}
