namespace K8sBackup.Cli.Watching;

/// <summary>Shows frames until they end.</summary>
internal interface IWatchDisplay
{
    /// <summary>Shows every frame of the sequence; the last stays visible.</summary>
    Task ShowAsync(IAsyncEnumerable<WatchFrame> frames, CancellationToken cancellationToken);
}
