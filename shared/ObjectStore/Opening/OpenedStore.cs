using K8sBackup.ObjectStore.Measuring;
using K8sBackup.ObjectStore.Retention;
using K8sBackup.ObjectStore.S3;

namespace K8sBackup.ObjectStore.Opening;

/// <summary>A store ready for use, with its decorators. Disposing it ends its connections; nothing is lost by not doing so.</summary>
public sealed class OpenedStore : IDisposable
{
    private readonly S3Calls? _calls;

    internal OpenedStore(
        IObjectStore store, IObjectRetention? retention, StoreMeter meter, StoreOptions options, IReadOnlyList<string> warnings, S3Calls? calls)
    {
        Store = store;
        Retention = retention;
        Meter = meter;
        Options = options;
        Warnings = warnings;
        _calls = calls;
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

    /// <summary>
    /// How far the store's clock is ahead of this machine's, by its last answer; null for a directory, and before a first answer. Requests are signed, and
    /// retention is counted, by the store's; whatever else depends on the time of day goes by this machine's and is wrong when they differ.
    /// </summary>
    public TimeSpan? ClockAhead => _calls?.Endpoint.Ahead;

    /// <summary>The place as people know it.</summary>
    public string Description => Options.Description;

    /// <inheritdoc/>
    public void Dispose()
    {
        _calls?.Dispose();
        Meter.Dispose();
    }
}
