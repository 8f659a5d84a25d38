using K8sBackup.Etcd.Booting;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Agent.Drills;

/// <summary>
/// The directory drills work in, for one at a time, empty before and after. What an agent left there that was killed is removed, a server
/// that still runs on it included.
/// </summary>
internal sealed class DrillScratch : IDisposable
{
    private readonly string _path;

    private DrillScratch(string path) => _path = path;

    /// <summary>Where the snapshot is brought to.</summary>
    public string Snapshot => Path.Combine(_path, "snapshot.db");

    /// <summary>Where an etcd program is copied to.</summary>
    public string Program => Path.Combine(_path, "etcd");

    /// <summary>The boot test's own directory; not there yet.</summary>
    public string Boot => Path.Combine(_path, "boot");

    /// <summary>Where files are restored to; there, and empty.</summary>
    public string Files => Path.Combine(_path, "files");

    /// <exception cref="BackupException">The directory cannot be used.</exception>
    public static DrillScratch Create(string path)
    {
        DrillScratch scratch = new(path);
        try
        {
            BootScratch.Sweep(path);
            scratch.Clear();
            PrivateFiles.CreateDirectory(scratch.Files);
            return scratch;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BackupException(FailureCause.TargetUnusable, $"The directory for drills cannot be used: {e.Message}", e);
        }
    }

    public void Dispose() => Clear();

    private void Clear()
    {
        if (Directory.Exists(_path))
        {
            Directory.Delete(_path, recursive: true);
        }

        PrivateFiles.CreateDirectory(_path);
    }
}
