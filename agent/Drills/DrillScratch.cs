using K8sBackup.Etcd.Booting;
using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Restoring;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Identity;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Agent.Drills;

/// <summary>
/// The directory drills work in, for one at a time, empty before and after. What an agent left there that was killed is removed, a server
/// that still runs on it included.
/// </summary>
internal sealed class DrillScratch : IDisposable
{
    private readonly string _path;
    private readonly ILogger _log;

    private DrillScratch(string path, ILogger log)
    {
        _path = path;
        _log = log;
    }

    /// <summary>Where the snapshot is brought to.</summary>
    public string Snapshot => Path.Combine(_path, "snapshot.db");

    /// <summary>Where an etcd program is copied to.</summary>
    public string Program => Path.Combine(_path, "etcd");

    /// <summary>The boot test's own directory; not there yet.</summary>
    public string Boot => Path.Combine(_path, "boot");

    /// <summary>Where files are restored to; there, and empty.</summary>
    public string Files => Path.Combine(_path, "files");

    /// <exception cref="BackupException">The directory cannot be used.</exception>
    public static DrillScratch Create(string path, ILogger log)
    {
        DrillScratch scratch = new(path, log);
        try
        {
            scratch.Clear();
            PrivateFiles.CreateDirectory(scratch.Files);
            return scratch;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BackupException(FailureCause.TargetUnusable, $"The directory for drills cannot be used: {e.Message}", e);
        }
    }

    /// <summary>How a drill ended is not what its directory says: what cannot be removed is the next drill's to remove.</summary>
    public void Dispose()
    {
        try
        {
            Clear();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            DrillLog.NotEmptied(_log, _path, e.Message);
        }
    }

    private void Clear()
    {
        PrivateFiles.CreateDirectory(_path);
        // A server that was killed and is not gone yet would write on while its files are removed.
        BootScratch.Sweep(_path);
        using SafeFileHandle directory = DirectoryHandles.OpenRoot(_path);
        if (TreeRemoval.Empty(directory) is { } stayed)
        {
            throw new IOException($"{_path} cannot be emptied: {stayed}");
        }
    }
}
