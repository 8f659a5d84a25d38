namespace K8sBackup.Etcd.DataDir;

/// <summary>Kinds of WAL records; numbers as in the file.</summary>
public enum WalRecordType
{
    /// <summary>Member and cluster id; first of every file after the checksum.</summary>
    Metadata = 1,

    /// <summary>A raft log entry.</summary>
    Entry = 2,

    /// <summary>Term, vote and commit index.</summary>
    State = 3,

    /// <summary>The running checksum, first of every file.</summary>
    Crc = 4,

    /// <summary>The log index up to which a snap file holds everything.</summary>
    Snapshot = 5,
}
