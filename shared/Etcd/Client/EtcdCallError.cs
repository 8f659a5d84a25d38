namespace K8sBackup.Etcd.Client;

/// <summary>Why a call to a member failed.</summary>
public enum EtcdCallError
{
    /// <summary>Not reachable, no leader, or went away.</summary>
    Unavailable,

    /// <summary>Certificate or roles refused.</summary>
    Unauthenticated,

    /// <summary>No answer within the time allowed.</summary>
    DeadlineExceeded,

    /// <summary>The revision asked for is compacted.</summary>
    Compacted,

    /// <summary>The revision asked for does not exist yet on this member: it lags, or has other data.</summary>
    FutureRevision,

    /// <summary>The answer is larger than a message may be.</summary>
    TooLarge,

    /// <summary>Any other answer.</summary>
    Refused,
}
