using System.Collections.Concurrent;
using K8sBackup.Coordinator.Hooks;

namespace K8sBackup.Coordinator.Tests.Runs;

/// <summary>Notes each command as <c>pod: program arguments</c> and ends it as told, with success unless told otherwise.</summary>
internal sealed class FakePodCommands : IPodCommands
{
    private readonly ConcurrentQueue<string> _log = new();

    /// <summary>What was run, in order.</summary>
    public IReadOnlyList<string> Log => [.. _log];

    /// <summary>How a command ends; null for never.</summary>
    public Func<PodReference, HookCommand, CommandOutcome?> Ends { get; set; } = (_, _) => new CommandOutcome.Exited(0, "");

    /// <summary>What a command writes before it ends; nothing unless told otherwise.</summary>
    public Func<PodReference, HookCommand, CommandOutput, CancellationToken, Task> Writes { get; set; } = (_, _, _, _) => Task.CompletedTask;

    public async Task<CommandOutcome> RunAsync(PodReference pod, HookCommand command, CommandOutput output, CancellationToken cancellationToken)
    {
        _log.Enqueue($"{pod.Name}: {string.Join(' ', command.Command)}");
        await Writes(pod, command, output, cancellationToken);
        if (Ends(pod, command) is { } outcome)
        {
            return outcome;
        }

        await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
        throw new InvalidOperationException("not reached");
    }
}
