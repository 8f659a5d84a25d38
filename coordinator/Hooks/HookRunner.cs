namespace K8sBackup.Coordinator.Hooks;

/// <summary>Runs the commands of one pod: those before in order up to the first that fails, those after all of them.</summary>
public sealed class HookRunner
{
    /// <summary>How long the commands after a backup are tried while the API server is away. A pod left frozen is worse than a run that ends late.</summary>
    public static readonly TimeSpan ReleaseWithin = TimeSpan.FromMinutes(15);

    // The last line: what programs end with says why.
    private const int ShownErrorMax = 200;
    private static readonly TimeSpan PauseMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(30);

    private readonly IPodCommands _commands;
    private readonly TimeProvider _clock;

    public HookRunner(IPodCommands commands, TimeProvider clock)
    {
        _commands = commands;
        _clock = clock;
    }

    /// <summary>Runs the commands before a backup. Stops at the first failure that counts.</summary>
    public async Task<HookReport> PrepareAsync(RunHook hook, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(hook);
        List<string> notes = [];
        for (int i = 0; i < hook.Before.Count; i++)
        {
            HookCommand command = hook.Before[i];
            string? fault = Describe("pre", i, hook.Pod, command, await RunAsync(hook.Pod, command, cancellationToken));
            if (fault is not null && command.OnError == HookErrorMode.Fail)
            {
                return new HookReport(fault, notes);
            }

            if (fault is not null)
            {
                notes.Add(fault);
            }
        }

        return new HookReport(null, notes);
    }

    /// <summary>Runs all commands after a backup, each again while the API server is away. A pod that is gone needs none.</summary>
    public async Task<HookReport> ReleaseAsync(RunHook hook, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(hook);
        List<string> notes = [];
        string? first = null;
        long began = _clock.GetTimestamp();
        for (int i = 0; i < hook.After.Count; i++)
        {
            HookCommand command = hook.After[i];
            CommandOutcome? outcome = await RunPatientlyAsync(hook.Pod, command, began, cancellationToken);
            if (outcome is CommandOutcome.PodGone)
            {
                notes.Add($"The post-hooks of pod {hook.Pod} were not needed: the pod is gone.");
                break;
            }

            if (Describe("post", i, hook.Pod, command, outcome) is not { } fault)
            {
                continue;
            }

            if (command.OnError == HookErrorMode.Fail)
            {
                first ??= fault;
            }

            notes.Add(fault);
        }

        return new HookReport(first, notes);
    }

    private async Task<CommandOutcome?> RunPatientlyAsync(PodReference pod, HookCommand command, long began, CancellationToken cancellationToken)
    {
        TimeSpan pause = PauseMin;
        while (true)
        {
            CommandOutcome? outcome = await RunAsync(pod, command, cancellationToken);
            if (outcome is not CommandOutcome.Unreachable || _clock.GetElapsedTime(began) >= ReleaseWithin)
            {
                return outcome;
            }

            await Task.Delay(pause, _clock, cancellationToken);
            pause = pause * 2 < PauseMax ? pause * 2 : PauseMax;
        }
    }

    // Null when the time is over.
    private async Task<CommandOutcome?> RunAsync(PodReference pod, HookCommand command, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = new(command.Timeout, _clock);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using CommandOutput output = new(Stream.Null);
            return await _commands.RunAsync(pod, command, output, both.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private static string? Describe(string phase, int index, PodReference pod, HookCommand command, CommandOutcome? outcome)
    {
        string? reason = outcome switch
        {
            CommandOutcome.Exited { Code: 0 } => null,
            CommandOutcome.Exited exited => $"ended with {exited.Code}{ErrorText.Shown(exited.Error, 1, ShownErrorMax)}.",
            CommandOutcome.PodGone gone => $"could not run: {gone.Reason}",
            CommandOutcome.Refused refused => $"was refused: {refused.Reason}",
            CommandOutcome.Unreachable away => $"could not be run: {away.Reason}",
            null => $"did not end within {command.Timeout}.",
            _ => throw new InvalidOperationException($"A command cannot end as {outcome.GetType().Name}."),
        };
        return reason is null ? null : $"The {phase}-hook {index + 1} of pod {pod} ({command.Label}) {reason}";
    }
}
