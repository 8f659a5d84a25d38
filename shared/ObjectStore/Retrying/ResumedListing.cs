namespace K8sBackup.ObjectStore.Retrying;

/// <summary>A listing that can be asked for its next object again after it failed. For one caller at a time.</summary>
internal sealed class ResumedListing : IAsyncDisposable
{
    private readonly IObjectStore _store;
    private readonly string _prefix;
    private IAsyncEnumerator<ObjectInfo>? _objects;
    private string _last = "";

    public ResumedListing(IObjectStore store, string prefix)
    {
        _store = store;
        _prefix = prefix;
    }

    /// <summary>The next object; null at the end.</summary>
    public async Task<ObjectInfo?> NextAsync(CancellationToken cancellationToken)
    {
        _objects ??= _store.ListAsync(_prefix, cancellationToken).GetAsyncEnumerator(cancellationToken);
        try
        {
            while (await _objects.MoveNextAsync())
            {
                if (string.CompareOrdinal(_objects.Current.Name, _last) > 0)
                {
                    _last = _objects.Current.Name;
                    return _objects.Current;
                }
            }

            return null;
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_objects is { } objects)
        {
            _objects = null;
            await objects.DisposeAsync();
        }
    }
}
