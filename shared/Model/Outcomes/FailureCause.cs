using System.Text.Json.Serialization;

namespace K8sBackup.Model.Outcomes;

/// <summary>Why a source, a run or a restore failed. The names are part of the API: they appear in JSON, logs and exit codes.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FailureCause>))]
public enum FailureCause
{
    Unspecified = 0,

    /// <summary>The source is not there: no such directory, no etcd on the node.</summary>
    SourceMissing = 1,

    /// <summary>The source is there and cannot be read.</summary>
    SourceUnreadable = 2,

    /// <summary>etcd does not answer, or refuses the call.</summary>
    EtcdUnavailable = 3,

    /// <summary>etcd answered with a snapshot that does not verify.</summary>
    EtcdSnapshotInvalid = 4,

    /// <summary>No room in the agent's spool.</summary>
    SpoolFull = 5,

    /// <summary>The object store does not answer, or refuses.</summary>
    StoreUnavailable = 6,

    /// <summary>No room in the object store.</summary>
    StoreFull = 7,

    /// <summary>Something read back from the store is damaged or missing.</summary>
    StoreCorrupt = 8,

    /// <summary>No agent of that node is connected, or it went away for longer than the run waits.</summary>
    NodeUnavailable = 9,

    /// <summary>The caller's identity or role does not allow it.</summary>
    PermissionDenied = 10,

    /// <summary>The request names something that does not exist.</summary>
    NotFound = 11,

    /// <summary>The request makes no sense as it is.</summary>
    InvalidRequest = 12,

    /// <summary>The peer broke the protocol: wrong hash, wrong order, foreign work.</summary>
    ProtocolViolation = 13,

    /// <summary>The restore target is in use by a running process.</summary>
    TargetInUse = 14,

    /// <summary>The restore target cannot be written, has no room or is not what the request needs.</summary>
    TargetUnusable = 15,

    /// <summary>Cancelled by the operator.</summary>
    Cancelled = 16,

    /// <summary>A time limit passed.</summary>
    TimedOut = 17,

    /// <summary>A defect of this program; the log has the details.</summary>
    Internal = 18,

    /// <summary>A command in a pod failed: one before or after the backup of its volumes, or one whose output is the backup.</summary>
    HookFailed = 19,

    /// <summary>The coordinator has no such work: it is over, or a coordinator that has just started has not put it up again yet.</summary>
    WorkUnknown = 20,
}
