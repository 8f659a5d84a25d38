using K8sBackup.ObjectStore.Measuring;
using K8sBackup.ObjectStore.Retention;

namespace K8sBackup.ObjectStore.Opening;

/// <summary>A store ready for use, with its decorators. Disposing it ends its connections; nothing is lost by not doing so.</summary>
public sealed class OpenedStore : IDisposable
{
    private readonly IDisposable? _connections;

    internal OpenedStore(
        IObjectStore store, IObjectRetention? retention, StoreMeter meter, StoreOptions options, IReadOnlyList<string> warnings, IDisposable? connections)
    {
        Store = store;
        Retention = retention;
        Meter = meter;
        Options = options;
        Warnings = warnings;
        _connections = connections;
    }

    /// <summary>The store with all decorators around it.</summary>
    public IObjectStore Store { get; }

    /// <summary>Retention of its objects; null when none was asked for or the store is only read.</summary>
    public IObjectRetention? Retention { get; }

    /// <summary>What the store was asked so far.</summary>
    public StoreMeter Meter { get; }

    /// <summary>What it was opened with.</summary>
    public StoreOptions Options { get; }

    /// <summary>What the probe found that people should know; each a sentence.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>The place as people know it.</summary>
    public string Description => Options.Description;

    /// <inheritdoc/>
    public void Dispose()
    {
        _connections?.Dispose();
        Meter.Dispose();
    }
}
