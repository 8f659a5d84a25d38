using System.Text.Json.Serialization;

namespace K8sBackup.Coordinator.Hooks;

/// <summary>A command to run in a container of a pod. It is not run by a shell.</summary>
/// <param name="Container">Name of the container; empty for the pod's first.</param>
/// <param name="Command">The program and its arguments. May hold secrets: never logged, only <see cref="Label"/> is.</param>
/// <param name="Timeout">How long it may take.</param>
/// <param name="OnError">What follows when it fails.</param>
public sealed record HookCommand(string Container, IReadOnlyList<string> Command, TimeSpan Timeout, HookErrorMode OnError)
{
    /// <summary>Most commands before, and most after, for one pod.</summary>
    public const int CommandsMax = 16;

    /// <summary>As long as Velero's, so that hooks written for it go on as they are.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    public static readonly TimeSpan TimeoutMin = TimeSpan.FromSeconds(1);

    public static readonly TimeSpan TimeoutMax = TimeSpan.FromHours(4);

    /// <summary>What may be kept for long: the program, and that there were arguments.</summary>
    public HookCommand WithoutArguments() => Command.Count > 1 ? this with { Command = [Command[0], "…"] } : this;

    /// <summary>For people and logs: the program without its arguments.</summary>
    [JsonIgnore]
    public string Label => Container.Length > 0 ? $"{Command[0]} in container {Container}" : Command[0];
}
