namespace K8sBackup.ObjectStore.Opening;

/// <summary>A store ready for use, with its decorators. Disposing it ends its connections; nothing is lost by not doing so.</summary>
public sealed class OpenedStore : IDisposable
{
    private readonly IDisposable? _connections;

    internal OpenedStore(IObjectStore store, StoreOptions options, IDisposable? connections)
    {
        Store = store;
        Options = options;
        _connections = connections;
    }

    /// <summary>The store with all decorators around it.</summary>
    public IObjectStore Store { get; }

    /// <summary>What it was opened with.</summary>
    public StoreOptions Options { get; }

    /// <summary>The place as people know it.</summary>
    public string Description => Options.Description;

    /// <inheritdoc/>
    public void Dispose() => _connections?.Dispose();
}
