using K8sBackup.FileTree.Native;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Agent.Volumes.Reading;

/// <summary>A place that is opened on a thread which may hang: the root of a dead network file system is no reason to wait for ever.</summary>
internal sealed class PatientPlace(IVolumePlace place, ReadPolicy policy) : IVolumePlace
{
    public bool IsLasting => place.IsLasting;

    public OpenVolume Open()
    {
        try
        {
            return PatientReader.Once(policy, place.Open);
        }
        catch (Exception e) when (e is HungReadException or LinuxException)
        {
            throw new BackupException(FailureCause.SourceUnreadable, $"The volume cannot be opened: {e.Message}", e);
        }
    }
}
