namespace K8sBackup.FakeKube.Serving;

/// <summary>A command in a container, for whoever plays the container. Gives the exit code.</summary>
public sealed record ExecCall
{
    public required string Namespace { get; init; }

    public required string Pod { get; init; }

    public required string Container { get; init; }

    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Ends when the caller closes its side; empty when it did not ask for one.</summary>
    public required Stream Input { get; init; }

    public required Stream Output { get; init; }

    public required Stream Error { get; init; }
}
