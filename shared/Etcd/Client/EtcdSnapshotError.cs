namespace K8sBackup.Etcd.Client;

/// <summary>Why no snapshot came to be.</summary>
public enum EtcdSnapshotError
{
    /// <summary>The member could not be reached, or went away.</summary>
    Unavailable,

    /// <summary>The member refused us: certificate, or etcd's own roles.</summary>
    Unauthenticated,

    /// <summary>The member answered with another error.</summary>
    Refused,

    /// <summary>The stream ended before the bytes it had announced.</summary>
    StreamEndedEarly,

    /// <summary>The stream brought more bytes than it had announced.</summary>
    TooLong,

    /// <summary>All bytes came, but the digest behind them did not.</summary>
    DigestMissing,

    /// <summary>The digest is not that of the bytes.</summary>
    DigestMismatch,

    /// <summary>Nothing came for too long, or only empty messages: a server that failed to read its database does that for ever.</summary>
    Stalled,

    /// <summary>The whole took longer than its size allows.</summary>
    DeadlineExceeded,

    /// <summary>The database is larger than the limit for the spool.</summary>
    TooLarge,

    /// <summary>The file system of the spool is full.</summary>
    SpoolFull,

    /// <summary>The bytes came as sent, but are no intact database.</summary>
    DatabaseCorrupt,
}
