using K8sBackup.Coordinator.Hosting;
using K8sBackup.KubernetesApi.Failures;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.State;

/// <summary>
/// Documents in ConfigMaps: read once when this coordinator became the leader, written by one loop soon after they change, the
/// latest only. Small ones within two seconds, large ones more seldom, so that a run of thousands of sources is no burden for
/// etcd. While the API server is away they wait in memory, and backups go on. Stop: what waits is written, for some seconds.
/// </summary>
public sealed class ClusterStateHome : BackgroundService, IStateHome
{
    /// <summary>A document is written this often at most.</summary>
    public static TimeSpan PauseMin => TimeSpan.FromSeconds(2);

    /// <summary>How long <see cref="FlushAsync"/> waits: an API server that is away must not keep backups from being made.</summary>
    public static TimeSpan FlushPatience => TimeSpan.FromSeconds(30);

    private const int BytesPerSecond = 64 * 1024;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(5);

    private readonly ConfigMapDocuments _documents;
    private readonly IReadOnlyDictionary<string, byte[]?> _loaded;
    private readonly TimeProvider _clock;
    private readonly ILogger<ClusterStateHome> _log;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, PendingDocument> _pending = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Pause> _pauses = new(StringComparer.Ordinal);
    private readonly HashSet<string> _lost = new(StringComparer.Ordinal);

    public ClusterStateHome(LoadedState state, TimeProvider clock, ILogger<ClusterStateHome> log)
    {
        ArgumentNullException.ThrowIfNull(state);
        _documents = state.Store;
        _loaded = state.Documents;
        _clock = clock;
        _log = log;
    }

    public IReadOnlyList<string> Names(string folder) =>
        [.. _loaded.Keys.Where(name => name.StartsWith($"{folder}/", StringComparison.Ordinal)).Select(name => name[(folder.Length + 1)..])];

    public T? Read<T>(string name)
        where T : class => _loaded.TryGetValue(name, out byte[]? json) ? StateFile.Parse<T>(json ?? [], name) : null;

    public void Write<T>(string name, T value)
        where T : class => Enter(name, () => StateFile.Format(value));

    public void Delete(string name) => Enter(name, null);

    public async Task FlushAsync(string name, CancellationToken cancellationToken)
    {
        Task written;
        lock (_lock)
        {
            if (!_pending.TryGetValue(name, out PendingDocument? pending))
            {
                return;
            }

            _pauses.Remove(name);
            written = pending.Written.Task;
        }

        try
        {
            await written.WaitAsync(FlushPatience, _clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            StateLog.NotFlushed(_log, name, FlushPatience);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        using CancellationTokenSource end = new(StopPatience, _clock);
        lock (_lock)
        {
            _pauses.Clear();
        }

        if (ExecuteTask is not { IsCompleted: false })
        {
            await WriteDueAsync(end.Token);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval, _clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await WriteDueAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stop writes the rest.
        }
    }

    private void Enter(string name, Func<byte[]>? content)
    {
        lock (_lock)
        {
            PendingDocument? before = _pending.GetValueOrDefault(name);
            TaskCompletionSource written = before is { IsBeingWritten: false } ? before.Written : new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (before is { IsBeingWritten: true })
            {
                // Should that attempt fail, this one makes up for it.
                written.Task.ContinueWith(_ => before.Written.TrySetResult(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }

            _pending[name] = new PendingDocument(content, written);
        }
    }

    private async Task WriteDueAsync(CancellationToken cancellationToken)
    {
        foreach ((string name, PendingDocument document) in Due())
        {
            await WriteAsync(name, document, cancellationToken);
        }
    }

    private List<(string Name, PendingDocument Document)> Due()
    {
        lock (_lock)
        {
            return [.. _pending.Where(p => _pauses.GetValueOrDefault(p.Key).IsOver).Select(p => (p.Key, p.Value))];
        }
    }

    private async Task WriteAsync(string name, PendingDocument document, CancellationToken cancellationToken)
    {
        document.IsBeingWritten = true;
        TimeSpan pause = RetryPause;
        try
        {
            if (!_lost.Contains(name))
            {
                int bytes = await PutAsync(name, document, cancellationToken);
                pause = PauseMin + TimeSpan.FromSeconds((double)bytes / BytesPerSecond);
            }

            Finish(name, document);
        }
        catch (KubernetesException e) when (e.Failure is KubernetesFailure.Conflict or KubernetesFailure.AlreadyExists)
        {
            pause = TimeSpan.Zero;
            await ResolveAsync(name, document, cancellationToken);
        }
        catch (KubernetesException e)
        {
            StateLog.NotWritten(_log, name, e.Message);
        }

        lock (_lock)
        {
            document.IsBeingWritten = false;
            _pauses[name] = new Pause(_clock, pause);
            if (document.Content is null && !_pending.ContainsKey(name))
            {
                _pauses.Remove(name);
            }
        }
    }

    private async Task<int> PutAsync(string name, PendingDocument document, CancellationToken cancellationToken)
    {
        if (document.Content is { } content)
        {
            return await _documents.WriteAsync(name, content(), cancellationToken);
        }

        await _documents.DeleteAsync(name, cancellationToken);
        return 0;
    }

    private void Finish(string name, PendingDocument document)
    {
        lock (_lock)
        {
            if (_pending.GetValueOrDefault(name) == document)
            {
                _pending.Remove(name);
            }
        }

        document.Written.TrySetResult();
    }

    // Another coordinator goes on with it; this one has lost its lease, whether it knows or not.
    private async Task ResolveAsync(string name, PendingDocument document, CancellationToken cancellationToken)
    {
        try
        {
            if (!await _documents.IsStillOursAsync(name, cancellationToken))
            {
                StateLog.TakenOver(_log, name);
                _lost.Add(name);
                Finish(name, document);
            }
        }
        catch (KubernetesException e)
        {
            StateLog.NotWritten(_log, name, e.Message);
        }
    }

    private sealed class PendingDocument(Func<byte[]>? content, TaskCompletionSource written)
    {
        /// <summary>Made when it is written, since most versions never are; null to delete it.</summary>
        public Func<byte[]>? Content { get; } = content;

        public TaskCompletionSource Written { get; } = written;

        public bool IsBeingWritten { get; set; }
    }
}
