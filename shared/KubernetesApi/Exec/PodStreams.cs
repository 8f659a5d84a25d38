namespace K8sBackup.KubernetesApi.Exec;

/// <summary>Where a command's streams come from and go. A slow one slows the command; nothing is kept in between.</summary>
public sealed record PodStreams
{
    /// <summary>Given to the command up to its end, which closes the command's standard input; null for none.</summary>
    public Stream? Input { get; init; }

    public Stream Output { get; init; } = Stream.Null;

    public Stream Error { get; init; } = Stream.Null;
}
