using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.Volumes;
using K8sBackup.FileTree.Native;
using K8sBackup.Model.Outcomes;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Agent.Freezing;

/// <summary>
/// Freezes file systems for the time they are read, one on the node at a time. Never one the agent itself works on: it would wait for its own
/// thawing.
/// </summary>
internal sealed class Freezer : IDisposable
{
    private readonly HostRoot _host;
    private readonly AgentOptions _options;
    private readonly FreezeJournal _journal;
    private readonly ILogger<Freezer> _log;
    private readonly SemaphoreSlim _one = new(1, 1);

    public Freezer(HostRoot host, AgentOptions options, FreezeJournal journal, ILogger<Freezer> log)
    {
        _host = host;
        _options = options;
        _journal = journal;
        _log = log;
    }

    /// <summary>Freezes the volume's file system until the hold is ended, for the time given at most. Waits for its turn.</summary>
    /// <exception cref="BackupException">It cannot be frozen, or must not be.</exception>
    public async Task<FreezeHold> HoldAsync(OpenVolume volume, TimeSpan time, CancellationToken cancellationToken)
    {
        FrozenDirectory directory = FrozenDirectory.Of(volume.Directory, Path.Join(_host.Path, volume.NodePath));
        if (OwnPlaces().FirstOrDefault(place => FileSystemOf(place) == directory.FileSystem) is { } own)
        {
            throw new BackupException(FailureCause.HookFailed, $"{volume.NodePath} lies on the file system of {own}, which the agent works on, and is not frozen.");
        }

        await _one.WaitAsync(cancellationToken);
        try
        {
            _journal.Note(directory);
            FreezeHold hold = await FreezeHold.BeginAsync(directory, volume.NodePath, time, Release, cancellationToken);
            FreezeLog.Frozen(_log, volume.NodePath, time);
            return hold;
        }
        catch
        {
            Release();
            throw;
        }
    }

    /// <summary>For the log.</summary>
    public void ReportTimeOver(string path, TimeSpan time) => FreezeLog.TimeOver(_log, path, time);

    public void Dispose() => _one.Dispose();

    private void Release()
    {
        _journal.Clear();
        _one.Release();
    }

    private string[] OwnPlaces() => ["/", "/tmp", _host.Path, _options.StateDirectory, _options.SpoolDirectory, _options.DrillDirectory, AppContext.BaseDirectory];

    // The nearest directory there is: places are made when they are needed.
    private static ulong? FileSystemOf(string path)
    {
        for (string? at = path; at is not null; at = Path.GetDirectoryName(at))
        {
            if (Directory.Exists(at))
            {
                using SafeFileHandle directory = DirectoryHandles.OpenRoot(at);
                return Metadata.Status(directory).FileSystem;
            }
        }

        return null;
    }
}
