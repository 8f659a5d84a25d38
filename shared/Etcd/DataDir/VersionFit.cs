namespace K8sBackup.Etcd.DataDir;

/// <summary>How the etcd that is to serve restored data fits the version the data came from.</summary>
public enum VersionFit
{
    /// <summary>Same minor version, or the next one: supported.</summary>
    Supported,

    /// <summary>More than one minor version ahead: works as far as tested, but etcd supports upgrades one minor at a time. Warn.</summary>
    SkipsMinors,

    /// <summary>The target is older. It would start, silently, and misread the data: refuse.</summary>
    TargetTooOld,
}
