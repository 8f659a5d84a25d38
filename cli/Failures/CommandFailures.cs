using System.Security.Cryptography;
using Grpc.Core;
using K8sBackup.Etcd.Bolt;
using K8sBackup.Etcd.Browsing;
using K8sBackup.Etcd.Client;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Model.Outcomes;
using K8sBackup.ObjectStore;
using K8sBackup.Repository;
using K8sBackup.Repository.Keys;
using K8sBackup.Transport.Failures;
using YamlDotNet.Core;

namespace K8sBackup.Cli.Failures;

/// <summary>Turns what ended a command into a failure and an exit code.</summary>
internal static class CommandFailures
{
    // EPIPE of Linux; .NET gives the errno in the low half of the HResult.
    private const int BrokenPipe = 32;

    /// <summary>True for the exceptions a command may end with; anything else is a defect.</summary>
    public static bool IsExpected(Exception exception) => exception is BackupException or RpcException or OperationCanceledException
        or IOException or InvalidDataException or UnauthorizedAccessException or CryptographicException or YamlException
        or KeyException or RepositoryCorruptException or RepositoryExistsException or ObjectStoreException
        or CorruptDatabaseException or SnapshotInvalidException or BrowseException or EtcdCallException;

    public static Failure ToFailure(Exception exception) => exception switch
    {
        BackupException known => known.Failure,
        RpcException { StatusCode: StatusCode.Unavailable } unavailable => new Failure(
            "", "", FailureCause.NodeUnavailable, $"The coordinator cannot be reached or is stopping: {unavailable.Status.Detail}"),
        RpcException { StatusCode: StatusCode.Unimplemented } => new Failure(
            "", "", FailureCause.Internal, "The coordinator does not know this call; is it older than this program?"),
        RpcException { Status.Detail.Length: 0 } silent => RpcFailures.ToFailure(silent) with { Message = $"The coordinator answered {silent.StatusCode}." },
        RpcException rpc => RpcFailures.ToFailure(rpc),
        KeyException key => new Failure("", "", CauseOf(key.Error), key.Message + "."),
        RepositoryCorruptException => new Failure("", "", FailureCause.StoreCorrupt, exception.Message),
        RepositoryExistsException => new Failure("", "", FailureCause.TargetUnusable, exception.Message),
        ObjectStoreException store => new Failure("", "", CauseOf(store.Error), $"The store failed: {store.Message}"),
        CorruptDatabaseException or SnapshotInvalidException => new Failure("", "", FailureCause.EtcdSnapshotInvalid, $"The snapshot is damaged: {exception.Message}."),
        BrowseException browse => new Failure("", "", browse.Fault == BrowseFault.NoKeySpace ? FailureCause.InvalidRequest : FailureCause.NotFound, browse.Message),
        EtcdCallException etcd => new Failure(
            "", "", etcd.Error == EtcdCallError.Unauthenticated ? FailureCause.PermissionDenied : FailureCause.EtcdUnavailable, $"etcd did not answer: {etcd.Message}"),
        OperationCanceledException => new Failure("", "", FailureCause.Cancelled, "Cancelled."),
        InvalidDataException or CryptographicException or YamlException => new Failure("", "", FailureCause.InvalidRequest, exception.Message),
        UnauthorizedAccessException => new Failure("", "", FailureCause.PermissionDenied, exception.Message),
        FileNotFoundException or DirectoryNotFoundException => new Failure("", "", FailureCause.NotFound, exception.Message),
        IOException pipe when (pipe.HResult & 0xffff) == BrokenPipe => new Failure("", "", FailureCause.Cancelled, "Nobody reads standard output any more."),
        IOException full when IsFull(full) => new Failure("", "", FailureCause.SpoolFull, full.Message),
        _ => new Failure("", "", FailureCause.Internal, exception.Message),
    };

    /// <summary>The exit code; a precondition that does not hold is told from a request that makes no sense.</summary>
    public static int ExitCodeOf(Exception exception) => exception switch
    {
        RpcException { StatusCode: StatusCode.FailedPrecondition or StatusCode.AlreadyExists or StatusCode.Aborted } => ExitCodes.Refused,
        _ => ExitCodes.Of(ToFailure(exception).Cause),
    };

    private static FailureCause CauseOf(KeyError error) => error switch
    {
        KeyError.WrongKey or KeyError.Outdated => FailureCause.PermissionDenied,
        KeyError.NoSuchSlot => FailureCause.NotFound,
        KeyError.TooFewSlots or KeyError.SlotLeftBehind => FailureCause.TargetUnusable,
        _ => FailureCause.InvalidRequest,
    };

    private static FailureCause CauseOf(ObjectStoreError error) => error switch
    {
        ObjectStoreError.NotFound => FailureCause.NotFound,
        ObjectStoreError.NoSpace => FailureCause.StoreFull,
        ObjectStoreError.PermissionDenied => FailureCause.PermissionDenied,
        ObjectStoreError.Configuration => FailureCause.InvalidRequest,
        ObjectStoreError.Unsuitable or ObjectStoreError.Retained => FailureCause.TargetUnusable,
        ObjectStoreError.Corrupt or ObjectStoreError.Truncated or ObjectStoreError.TooLarge => FailureCause.StoreCorrupt,
        _ => FailureCause.StoreUnavailable,
    };

    // ENOSPC and EDQUOT of Linux.
    private static bool IsFull(IOException exception) => (exception.HResult & 0xffff) is 28 or 122;
}
