namespace K8sBackup.Etcd.Snapshots;

/// <summary>What can be wrong with a snapshot file before its database is opened (level V1).</summary>
public enum SnapshotFault
{
    /// <summary>The length is no multiple of 512 with 32 bytes of digest: the file is cut, or ends in no digest.</summary>
    DigestMissing,

    /// <summary>The digest at the end is not that of the bytes before it.</summary>
    DigestMismatch,

    /// <summary>The digest holds, but the database inside claims another length.</summary>
    LengthMismatch,

    /// <summary>The member rewrote its database while it was read.</summary>
    Defragmented,
}
