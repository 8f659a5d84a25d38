using Google.Protobuf;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Restore;

/// <summary>
/// The report of an etcd restore, written before its swap: an agent that dies within or after the swap can then finish
/// and report without building the data-dir again.
/// </summary>
internal sealed class EtcdRestoreRecord
{
    // Only the last one can be asked for again; the others are kept for people who look.
    private const int RecordsMax = 32;

    private readonly string _directory;
    private readonly string _path;

    public EtcdRestoreRecord(string stateDirectory, string workId)
    {
        _directory = Path.Combine(stateDirectory, "restores");
        PrivateFiles.CreateDirectory(_directory);
        _path = Path.Combine(_directory, workId + ".json");
    }

    public void Write(RestoreReport report)
    {
        PrivateFiles.Write(_path, JsonFormatter.Default.Format(report));
        foreach (FileInfo old in new DirectoryInfo(_directory).GetFiles("*.json").OrderByDescending(file => file.LastWriteTimeUtc).Skip(RecordsMax))
        {
            old.Delete();
        }
    }

    /// <summary>The report; null when there is none or it cannot be read.</summary>
    public RestoreReport? Read()
    {
        try
        {
            return File.Exists(_path) ? JsonParser.Default.Parse<RestoreReport>(File.ReadAllText(_path)) : null;
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidJsonException)
        {
            return null;
        }
    }
}
