using System.Text.Json.Serialization;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Coordinator.Hooks;

/// <summary>The hooks of one pod in a run. Part of the run's record, so that whoever takes the run up knows what is still to be undone.</summary>
public sealed record RunHook
{
    public required PodReference Pod { get; init; }

    /// <summary>Run in this order before the first of the pod's volumes is read.</summary>
    public IReadOnlyList<HookCommand> Before { get; init; } = [];

    /// <summary>Run in this order after the last of them, whatever happened before.</summary>
    public IReadOnlyList<HookCommand> After { get; init; } = [];

    public HookState State { get; init; }

    /// <summary>Why the pod's volumes are not read, when <see cref="HookState.Refused"/> was reached.</summary>
    public Failure? Failure { get; init; }

    /// <summary>The hooks when nothing of them will be run any more.</summary>
    public RunHook WithoutArguments() => this with
    {
        Before = [.. Before.Select(command => command.WithoutArguments())],
        After = [.. After.Select(command => command.WithoutArguments())],
    };

    [JsonIgnore]
    public bool IsOver => State == HookState.Released;
}
