using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace K8sBackup.ObjectStore.Measuring;

/// <summary>
/// Counts what a store is asked: for scrapers through <see cref="System.Diagnostics.Metrics"/>, and as a snapshot for reports.
/// Thread-safe. All meters have the same name, so that one listener sees every store of the process.
/// </summary>
public sealed class StoreMeter : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string Name = "K8sBackup.ObjectStore";

    private readonly ConcurrentDictionary<string, OperationTally> _tallies = new(StringComparer.Ordinal);
    private readonly Meter _meter = new(Name);
    private readonly Counter<long> _operations;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _bytes;
    private readonly Histogram<double> _seconds;

    /// <summary>A meter that has counted nothing.</summary>
    public StoreMeter()
    {
        _operations = _meter.CreateCounter<long>("k8sbackup.store.operations", "{operation}", "Calls, by operation and outcome.");
        _retries = _meter.CreateCounter<long>("k8sbackup.store.retries", "{attempt}", "Attempts after the first, by operation.");
        _bytes = _meter.CreateCounter<long>("k8sbackup.store.bytes", "By", "Content written and read, by direction.");
        _seconds = _meter.CreateHistogram<double>("k8sbackup.store.duration", "s", "Time a call took with its retries, by operation.");
    }

    /// <summary>What was counted so far, by operation.</summary>
    public IReadOnlyDictionary<string, OperationStatistics> Snapshot() =>
        _tallies.OrderBy(t => t.Key, StringComparer.Ordinal).ToDictionary(t => t.Key, t => t.Value.Read(), StringComparer.Ordinal);

    /// <summary>Counts an attempt after the first.</summary>
    public void CountRetry(string operation)
    {
        _retries.Add(1, new KeyValuePair<string, object?>("operation", operation));
        TallyOf(operation).AddRetry();
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    internal void Count(string operation, string outcome, long bytesSent, long bytesReceived, TimeSpan duration)
    {
        KeyValuePair<string, object?> which = new("operation", operation);
        _operations.Add(1, which, new KeyValuePair<string, object?>("outcome", outcome));
        _seconds.Record(duration.TotalSeconds, which);
        if (bytesSent > 0)
        {
            _bytes.Add(bytesSent, new KeyValuePair<string, object?>("direction", "sent"));
        }

        if (bytesReceived > 0)
        {
            _bytes.Add(bytesReceived, new KeyValuePair<string, object?>("direction", "received"));
        }

        TallyOf(operation).Add(outcome == MeasuringObjectStore.Ok, bytesSent, bytesReceived, duration);
    }

    private OperationTally TallyOf(string operation) => _tallies.GetOrAdd(operation, _ => new OperationTally());
}
