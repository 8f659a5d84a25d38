using System.Text.Json;
using K8sBackup.Agent.Hosting;
using K8sBackup.FileTree.Native;
using K8sBackup.Model.Files;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Agent.Freezing;

/// <summary>
/// What is frozen, noted before it is: when the whole container is killed, holder and all, the next start of the agent thaws it.
/// </summary>
internal sealed class FreezeJournal
{
    private readonly string _path;
    private readonly ILogger<FreezeJournal> _log;

    public FreezeJournal(AgentOptions options, ILogger<FreezeJournal> log)
    {
        _path = Path.Combine(options.StateDirectory, "frozen.json");
        _log = log;
    }

    /// <summary>Durable when it returns.</summary>
    public void Note(FrozenDirectory directory)
    {
        string draft = _path + ".new";
        using (FileStream file = new(draft, FileMode.Create, FileAccess.Write))
        {
            JsonSerializer.Serialize(file, directory);
            DiskSync.Sync(file);
        }

        File.Move(draft, _path, overwrite: true);
    }

    public void Clear() => File.Delete(_path);

    /// <summary>Thaws what an earlier process left frozen. What is not frozen any more is left alone.</summary>
    public void ThawLeft()
    {
        if (!File.Exists(_path))
        {
            return;
        }

        try
        {
            if (JsonSerializer.Deserialize<FrozenDirectory>(File.ReadAllText(_path)) is { } directory)
            {
                using SafeFileHandle handle = directory.Open();
                if (FreezeCalls.TryThaw(handle) == 0)
                {
                    FreezeLog.ThawedLeft(_log, directory.Path);
                }
            }
        }
        catch (Exception e) when (e is LinuxException or JsonException)
        {
            FreezeLog.LeftNotThawed(_log, e.Message);
        }

        Clear();
    }
}
