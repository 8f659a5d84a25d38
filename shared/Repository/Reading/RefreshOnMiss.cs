namespace K8sBackup.Repository.Reading;

/// <summary>
/// What is not in the index in memory may still be in the store: another writer added it since, the listing was behind, or a segment
/// could not be read for a moment. So whoever misses a chunk reads the index again, once for each piece of work. Thread-safe.
/// </summary>
public sealed class RefreshOnMiss
{
    private readonly OpenRepository _repository;
    private int _tried;

    public RefreshOnMiss(OpenRepository repository) => _repository = repository;

    /// <summary>True when the index was read again and asking once more makes sense.</summary>
    public async ValueTask<bool> TryAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _tried, 1) != 0)
        {
            return false;
        }

        await _repository.RefreshAsync(cancellationToken);
        return true;
    }
}
