namespace K8sBackup.Etcd.DataDir;

/// <summary>Whether an etcd runs on a data-dir.</summary>
public enum DataDirUse
{
    /// <summary>Nobody holds it; the caller does now.</summary>
    Free,

    /// <summary>There is no member directory, so there is nothing to hold.</summary>
    NoMember,

    /// <summary>Somebody holds the database.</summary>
    DatabaseHeld,

    /// <summary>Somebody holds the newest WAL file.</summary>
    WalHeld,
}
