using K8sBackup.Coordinator.Ingest;
using K8sBackup.Model.Outcomes;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Writing;

namespace K8sBackup.Coordinator.Catalog;

/// <summary>The right to use the repository until it is disposed.</summary>
public sealed class RepositoryLease : IDisposable
{
    private readonly RepositoryAccess _access;
    private RepositoryGeneration? _generation;

    internal RepositoryLease(RepositoryAccess access, RepositoryGeneration generation)
    {
        _access = access;
        _generation = generation;
    }

    public RepositoryWriter Writer => Generation.Writer;

    public OpenRepository Repository => Generation.Writer.Repository;

    internal SharedFlush Flush => Generation.Flush;

    internal Exception? Failure => Generation.Failure;

    private RepositoryGeneration Generation => _generation ?? throw new ObjectDisposedException(nameof(RepositoryLease));

    /// <summary>What a fault of the store means to the caller of a call; also notes when the writer is used up by it.</summary>
    public BackupException Translate(Exception fault)
    {
        if (fault is WriterFailedException or WriterFencedException && Generation.Fail(fault))
        {
            _access.NoteFailure(fault);
        }

        return StoreFailures.ToBackupException(fault);
    }

    public void Dispose() => Interlocked.Exchange(ref _generation, null)?.Leave();
}
