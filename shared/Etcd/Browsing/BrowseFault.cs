namespace K8sBackup.Etcd.Browsing;

/// <summary>Why a snapshot does not show what is asked for, although nothing in it is damaged.</summary>
public enum BrowseFault
{
    /// <summary>The database has no key space: it is none of etcd's.</summary>
    NoKeySpace,

    /// <summary>The revision lies before the last compaction.</summary>
    Compacted,

    /// <summary>The revision comes after the snapshot.</summary>
    FutureRevision,
}
