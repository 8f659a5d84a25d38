using K8sBackup.Model.Outcomes;
using K8sBackup.Model.Trees;
using K8sBackup.ObjectStore;
using K8sBackup.Repository;
using K8sBackup.Repository.Writing;

namespace K8sBackup.Coordinator.Catalog;

/// <summary>What faults of store and repository mean to agents and operators.</summary>
public static class StoreFailures
{
    /// <summary>True when the exception is of one of those two layers.</summary>
    public static bool IsStoreFault(Exception exception) =>
        exception is ObjectStoreException or RepositoryCorruptException or ObjectTakenException or CorruptTreeException
            or WriterFailedException or WriterFencedException;

    /// <summary>The failure, naming the object and what is wrong with it.</summary>
    public static BackupException ToBackupException(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception is WriterFencedException
            ? new BackupException(FailureCause.StoreUnavailable, "Another coordinator has become the writer of the repository.", exception)
            : new BackupException(CauseOf(exception), $"The store failed: {FirstOf(exception).Message}", exception);
    }

    private static Exception FirstOf(Exception exception) =>
        exception is WriterFailedException { InnerException: { } first } ? FirstOf(first) : exception;

    private static FailureCause CauseOf(Exception exception) => FirstOf(exception) switch
    {
        RepositoryCorruptException or ObjectTakenException or CorruptTreeException => FailureCause.StoreCorrupt,
        ObjectStoreException { Error: ObjectStoreError.NoSpace } => FailureCause.StoreFull,
        ObjectStoreException { Error: ObjectStoreError.Corrupt or ObjectStoreError.Truncated or ObjectStoreError.NotFound } => FailureCause.StoreCorrupt,
        _ => FailureCause.StoreUnavailable,
    };
}
