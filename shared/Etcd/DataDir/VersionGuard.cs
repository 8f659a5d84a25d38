using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.DataDir;

/// <summary>Our own version check; after a restore the server's does not fire up to 3.5 (etcd.md 5.3).</summary>
public static class VersionGuard
{
    /// <summary>Compares the version of the data with the version of the etcd that is to run on it.</summary>
    public static VersionFit Check(EtcdVersion data, EtcdVersion target)
    {
        if (target < data)
        {
            return VersionFit.TargetTooOld;
        }

        return target.Major > data.Major || target.Minor > data.Minor + 1 ? VersionFit.SkipsMinors : VersionFit.Supported;
    }
}
