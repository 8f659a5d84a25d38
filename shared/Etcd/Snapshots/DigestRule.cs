namespace K8sBackup.Etcd.Snapshots;

/// <summary>Whether a snapshot file ends in the SHA-256 of its database.</summary>
public enum DigestRule
{
    /// <summary>It must: every file written by a snapshot call.</summary>
    Required,

    /// <summary>It must not be looked for: a database file copied from a stopped member, or one written here.</summary>
    Absent,
}
