namespace Grpc.Core;

/// <summary>The result codes of a call, as numbered by the gRPC specification.</summary>
public enum StatusCode
{
    /// <summary>Success.</summary>
    OK = 0,

    /// <summary>Cancelled, normally by the caller.</summary>
    Cancelled = 1,

    /// <summary>An error without a better code, such as an exception in a handler.</summary>
    Unknown = 2,

    /// <summary>The request is wrong whatever the state of the system.</summary>
    InvalidArgument = 3,

    /// <summary>The deadline passed before the call ended; its work may have been done.</summary>
    DeadlineExceeded = 4,

    /// <summary>Something asked for does not exist.</summary>
    NotFound = 5,

    /// <summary>Something to be created exists already.</summary>
    AlreadyExists = 6,

    /// <summary>The caller is known and not allowed.</summary>
    PermissionDenied = 7,

    /// <summary>A quota or a size limit is exceeded.</summary>
    ResourceExhausted = 8,

    /// <summary>The system is not in the state the call needs.</summary>
    FailedPrecondition = 9,

    /// <summary>A conflict with concurrent work.</summary>
    Aborted = 10,

    /// <summary>Past the valid range.</summary>
    OutOfRange = 11,

    /// <summary>The method does not exist here.</summary>
    Unimplemented = 12,

    /// <summary>A broken invariant or a broken peer.</summary>
    Internal = 13,

    /// <summary>The peer cannot be reached now.</summary>
    Unavailable = 14,

    /// <summary>Data is lost or damaged.</summary>
    DataLoss = 15,

    /// <summary>The caller has no valid credentials.</summary>
    Unauthenticated = 16,
}
