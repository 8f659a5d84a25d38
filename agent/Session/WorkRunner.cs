using Grpc.Core;
using K8sBackup.Agent.Hosting;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Failures;
using K8sBackup.Transport.Mapping;
using K8sBackup.Transport.V1;
using Failure = K8sBackup.Model.Outcomes.Failure;
using SourceKey = K8sBackup.Model.Ids.SourceKey;

namespace K8sBackup.Agent.Session;

/// <summary>
/// Runs work independently of sessions: two backups, one restore and one step of a cluster's restore at a time, the rest
/// waits; a step waits for no backup. Every piece ends with a result in the journal, except those that stop with the agent: the coordinator asks for them again. Thread-safe.
/// </summary>
internal sealed class WorkRunner : IAsyncDisposable
{
    private const int BackupsMax = 2;
    private const int RestoresMax = 1;
    private const int StepsMax = 1;

    // A node has a handful of sources; more waiting work than this is a coordinator gone wrong.
    private const int ItemsMax = 64;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, WorkItem> _items = [];
    private readonly SemaphoreSlim _backupSlots = new(BackupsMax);
    private readonly SemaphoreSlim _restoreSlots = new(RestoresMax);
    private readonly SemaphoreSlim _stepSlots = new(StepsMax);
    private readonly CancellationTokenSource _stopping = new();
    private readonly string _node;
    private readonly IReadOnlyDictionary<Work.TaskOneofCase, IWorkHandler> _handlers;
    private readonly ResultJournal _journal;
    private readonly ILogger<WorkRunner> _log;

    public WorkRunner(AgentOptions options, WorkHandlers handlers, ResultJournal journal, ILogger<WorkRunner> log)
    {
        _node = options.Node;
        _handlers = handlers.ByTask;
        _journal = journal;
        _log = log;
    }

    /// <summary>Notified when there is a new result.</summary>
    public Pulse News { get; } = new();

    /// <summary>Ids of all work in hand or with an unacknowledged result.</summary>
    public IReadOnlyList<string> WorkIds()
    {
        lock (_lock)
        {
            return [.. _items.Keys.Union(_journal.Unacknowledged().Select(result => result.WorkId))];
        }
    }

    public IReadOnlyList<(string WorkId, Model.Outcomes.WorkProgress Progress)> Progress()
    {
        lock (_lock)
        {
            return [.. _items.Select(item => (item.Key, item.Value.Meter.Read()))];
        }
    }

    /// <summary>Begins the work unless its id is known. False, with the reason, when it cannot even be answered.</summary>
    public bool Start(Work work, out string refusal)
    {
        refusal = WorkIdRule.IsValid(work.WorkId) ? "" : "it is work without a valid id";
        lock (_lock)
        {
            if (refusal.Length > 0 || _stopping.IsCancellationRequested || _items.ContainsKey(work.WorkId) || _journal.Contains(work.WorkId))
            {
                return refusal.Length == 0;
            }

            WorkItem item = new(work, SourceText(work), _stopping.Token);
            _items.Add(work.WorkId, item);
            bool full = _items.Count > ItemsMax;
            item.Completion = Task.Run(() => RunAsync(item, full), CancellationToken.None);
        }

        return true;
    }

    /// <summary>Calls the work off; its result says so. Unknown work changes nothing.</summary>
    public void Cancel(string workId)
    {
        lock (_lock)
        {
            if (_items.TryGetValue(workId, out WorkItem? item))
            {
                item.CalledOff = true;
                item.Cancellation.Cancel();
            }
        }
    }

    /// <summary>Stops all work and waits until its files and streams are closed.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] running;
        lock (_lock)
        {
            running = [.. _items.Values.Select(item => item.Completion)];
        }

        await _stopping.CancelAsync();
        await Task.WhenAll(running);
        _stopping.Dispose();
        _backupSlots.Dispose();
        _restoreSlots.Dispose();
        _stepSlots.Dispose();
    }

    private static string SourceText(Work work)
    {
        try
        {
            return SourceMapping.ToModel(work.Backup?.Source ?? work.Restore?.Source ?? work.Step?.Source).ToString();
        }
        catch (InvalidDataException)
        {
            return "";
        }
    }

    private async Task RunAsync(WorkItem item, bool full)
    {
        WorkResult? result = await ResultOfAsync(item, full);
        lock (_lock)
        {
            if (result is not null)
            {
                _journal.Add(result);
            }

            _items.Remove(item.Work.WorkId);
            item.Dispose();
        }

        News.Notify();
    }

    private async Task<WorkResult?> ResultOfAsync(WorkItem item, bool full)
    {
        string id = item.Work.WorkId;
        try
        {
            WorkResult result = await RunInSlotAsync(item, full);
            result.WorkId = id;
            SessionLog.WorkDone(_log, id, item.Source);
            return result;
        }
#pragma warning disable CA1031 // The boundary of a piece of work: however it ends, the agent's other work goes on.
        catch (Exception) when (item.CalledOff)
        {
            return Fail(item, new Failure("", "", FailureCause.Cancelled, "The work was called off."));
        }
        catch (Exception) when (_stopping.IsCancellationRequested)
        {
            SessionLog.WorkInterrupted(_log, id, item.Source);
            return null;
        }
        catch (BackupException e)
        {
            return Fail(item, e.Failure);
        }
        catch (RpcException e)
        {
            return Fail(item, RpcFailures.ToFailure(e));
        }
        catch (Exception e)
#pragma warning restore CA1031
        {
            SessionLog.WorkDefect(_log, e, id, item.Source);
            return Fail(item, new Failure("", "", FailureCause.Internal, $"Unexpected {e.GetType().Name}: {e.Message}"));
        }
    }

    private async Task<WorkResult> RunInSlotAsync(WorkItem item, bool full)
    {
        Work work = item.Work;
        SourceKey source = SourceOf(work, full);
        SemaphoreSlim slots = work.TaskCase switch
        {
            Work.TaskOneofCase.Restore => _restoreSlots,
            Work.TaskOneofCase.Step => _stepSlots,
            _ => _backupSlots,
        };
        await slots.WaitAsync(item.Cancellation.Token);
        try
        {
            SessionLog.WorkStarted(_log, work.WorkId, source.ToString());
            return await _handlers[work.TaskCase].RunAsync(work, item.Meter, item.Cancellation.Token);
        }
        finally
        {
            slots.Release();
        }
    }

    private SourceKey SourceOf(Work work, bool full)
    {
        if (full)
        {
            throw new BackupException(FailureCause.NodeUnavailable, $"The node has more than {ItemsMax} pieces of work already.");
        }

        try
        {
            SourceKey source = SourceMapping.ToModel(work.Backup?.Source ?? work.Restore?.Source ?? work.Step?.Source);
            // A restore may bring another node's snapshot here; a backup is of this node or a mistake.
            return work.TaskCase is Work.TaskOneofCase.Restore or Work.TaskOneofCase.Step || source.Node == _node
                ? source
                : throw new BackupException(FailureCause.InvalidRequest, $"The work is for node {source.Node}.");
        }
        catch (InvalidDataException e)
        {
            throw new BackupException(FailureCause.InvalidRequest, e.Message, e);
        }
    }

    private WorkResult Fail(WorkItem item, Failure failure)
    {
        Failure placed = failure with
        {
            Node = failure.Node.Length > 0 ? failure.Node : _node,
            Source = failure.Source.Length > 0 ? failure.Source : item.Source,
        };
        SessionLog.WorkFailed(_log, item.Work.WorkId, placed.ToString());
        return new WorkResult { WorkId = item.Work.WorkId, Failure = SourceMapping.ToWire(placed) };
    }
}
