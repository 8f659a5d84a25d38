namespace K8sBackup.Coordinator.Hooks;

/// <summary>How a command in a pod ended. A closed set.</summary>
public abstract record CommandOutcome
{
    private CommandOutcome()
    {
    }

    /// <summary>It ran to its end.</summary>
    /// <param name="Code">Its exit code.</param>
    /// <param name="Error">The end of its standard error, at most <see cref="ErrorTextMax"/> characters.</param>
    public sealed record Exited(int Code, string Error) : CommandOutcome;

    /// <summary>The pod is not there any more, does not run, or another one has its name.</summary>
    public sealed record PodGone(string Reason) : CommandOutcome;

    /// <summary>It was not begun: no such container, no permission.</summary>
    public sealed record Refused(string Reason) : CommandOutcome;

    /// <summary>The API server does not answer, or the connection broke: whether it ran is not known.</summary>
    public sealed record Unreachable(string Reason) : CommandOutcome;

    /// <summary>Characters kept of a command's standard error.</summary>
    public const int ErrorTextMax = 2000;
}
