using K8sBackup.Model.Outcomes;

namespace K8sBackup.Agent.Volumes;

/// <summary>Where a volume lies; found anew each time it is opened.</summary>
internal interface IVolumePlace
{
    /// <exception cref="BackupException">It is not there, not allowed, or not the volume meant.</exception>
    OpenVolume Open();

    /// <summary>Whether a restore may go back to the same path later. A pod's directory goes with the pod, and its path leads nowhere then.</summary>
    bool IsLasting { get; }
}
