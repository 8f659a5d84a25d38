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
    private readonly string _path;

    public EtcdRestoreRecord(string stateDirectory, string workId)
    {
        string directory = Path.Combine(stateDirectory, "restores");
        PrivateFiles.CreateDirectory(directory);
        _path = Path.Combine(directory, workId + ".json");
    }

    public void Write(RestoreReport report) => PrivateFiles.Write(_path, JsonFormatter.Default.Format(report));

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

    public void Delete() => File.Delete(_path);
}
