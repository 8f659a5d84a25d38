using K8sBackup.Bench.Accounting;

namespace K8sBackup.Bench.Tools;

/// <summary>A backup tool with a repository of its own, made for one data set and one round.</summary>
internal interface IBackupTool : IAsyncDisposable
{
    string Name { get; }

    /// <summary>The directory whose bytes are the repository.</summary>
    string Repository { get; }

    /// <summary>Makes the repository and starts what has to run. Not measured.</summary>
    Task PrepareAsync(CancellationToken cancellationToken);

    /// <summary>Backs the data up, to the point where it is listed. With <paramref name="rereadAll"/>, trusts no time stamp.</summary>
    Task<Measured> BackUpAsync(bool rereadAll, CancellationToken cancellationToken);

    /// <summary>Restores the latest backup into a directory that exists and is empty.</summary>
    Task<Measured> RestoreAsync(string target, CancellationToken cancellationToken);
}
