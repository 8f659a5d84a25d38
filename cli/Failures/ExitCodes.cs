using K8sBackup.Model.Outcomes;

namespace K8sBackup.Cli.Failures;

/// <summary>What the program's exit code says. The table is part of the API; it stands in docs/cli.md.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;
    public const int Internal = 1;
    public const int Usage = 2;
    public const int NotFound = 3;
    public const int Denied = 4;
    public const int Unavailable = 5;
    public const int PartiallyFailed = 6;
    public const int Failed = 7;
    public const int Damaged = 8;
    public const int Refused = 9;
    public const int NoSpace = 10;

    /// <summary>As shells report a program ended by SIGINT.</summary>
    public const int Cancelled = 130;

    /// <summary>The code for a failure that ended the command itself.</summary>
    public static int Of(FailureCause cause) => cause switch
    {
        FailureCause.InvalidRequest => Usage,
        FailureCause.NotFound or FailureCause.SourceMissing or FailureCause.WorkUnknown => NotFound,
        FailureCause.PermissionDenied => Denied,
        FailureCause.NodeUnavailable or FailureCause.StoreUnavailable or FailureCause.EtcdUnavailable or FailureCause.TimedOut => Unavailable,
        FailureCause.StoreCorrupt or FailureCause.EtcdSnapshotInvalid or FailureCause.ProtocolViolation => Damaged,
        FailureCause.TargetInUse or FailureCause.TargetUnusable or FailureCause.SourceUnreadable or FailureCause.HookFailed => Refused,
        FailureCause.SpoolFull or FailureCause.StoreFull => NoSpace,
        FailureCause.Cancelled => Cancelled,
        _ => Internal,
    };
}
