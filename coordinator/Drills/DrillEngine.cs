using System.Collections.Immutable;
using System.Threading.Channels;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Drills;

/// <summary>
/// Holds drills, one at a time: nobody waits for them, and a node does not notice more than one. A drill is called off where a restore is
/// wanted, and held again when that is over. Start: nothing is made up for, the schedule asks again; stop: what waits or goes on is
/// forgotten, since it is only a rehearsal. Thread-safe.
/// </summary>
public sealed class DrillEngine : BackgroundService
{
    /// <summary>Most drills that wait.</summary>
    public const int WaitingMax = 256;

    private const int EndedMax = 256;

    private readonly DrillRunner _runner;
    private readonly TimeProvider _clock;
    private readonly ILogger<DrillEngine> _log;
    private readonly Channel<DrillCase> _queue = Channel.CreateBounded<DrillCase>(WaitingMax);
    private readonly Lock _lock = new();
    private readonly Dictionary<DrillId, TaskCompletionSource<DrillCase>> _completions = [];
    private readonly HashSet<DrillId> _cancelled = [];
    private ImmutableSortedDictionary<DrillId, DrillCase> _drills = ImmutableSortedDictionary<DrillId, DrillCase>.Empty;

    public DrillEngine(DrillRunner runner, TimeProvider clock, ILogger<DrillEngine> log)
    {
        _runner = runner;
        _clock = clock;
        _log = log;
    }

    /// <summary>Drills that wait, go on, or ended lately; newest first.</summary>
    public IReadOnlyList<DrillCase> Known => [.. _drills.Values.Reverse()];

    /// <summary>Puts a drill up. The task completes when it is over.</summary>
    /// <exception cref="BackupException">TargetInUse: too many wait.</exception>
    public Task<DrillCase> Enqueue(DrillCase drill)
    {
        ArgumentNullException.ThrowIfNull(drill);
        lock (_lock)
        {
            if (!_queue.Writer.TryWrite(drill))
            {
                throw new BackupException(FailureCause.TargetInUse, $"{WaitingMax} drills wait already.");
            }

            TaskCompletionSource<DrillCase> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _completions[drill.Id] = completion;
            _drills = _drills.SetItem(drill.Id, drill);
            return completion.Task;
        }
    }

    /// <summary>How far the drill is, as the agent says.</summary>
    public WorkProgress ProgressOf(DrillCase drill) => _runner.ProgressOf(drill);

    /// <summary>Calls a drill off; one that is over stays as it is.</summary>
    public void Cancel(DrillCase drill)
    {
        ArgumentNullException.ThrowIfNull(drill);
        lock (_lock)
        {
            if (_drills.GetValueOrDefault(drill.Id) is { IsOver: false })
            {
                _cancelled.Add(drill.Id);
            }
        }

        _runner.Cancel(drill);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (DrillCase drill in _queue.Reader.ReadAllAsync(stoppingToken))
        {
            Note(await HoldAsync(drill, stoppingToken));
        }
    }

    private async Task<DrillCase> HoldAsync(DrillCase drill, CancellationToken cancellationToken)
    {
        try
        {
            return await _runner.RunAsync(drill, Note, () => IsCancelled(drill.Id), cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // The boundary of a drill: one that goes wrong must not end the others.
        catch (Exception e)
#pragma warning restore CA1031
        {
            DrillLog.Broken(_log, drill.Id.ToString(), e);
            Failure failure = new("", drill.Source.ToString(), FailureCause.Internal, $"Unexpected {e.GetType().Name}: {e.Message}");
            return drill with { State = DrillState.NotHeld, Failure = failure, EndedAt = _clock.GetUtcNow() };
        }
    }

    private bool IsCancelled(DrillId id)
    {
        lock (_lock)
        {
            return _cancelled.Contains(id);
        }
    }

    private void Note(DrillCase drill)
    {
        TaskCompletionSource<DrillCase>? completion = null;
        lock (_lock)
        {
            _drills = _drills.SetItem(drill.Id, drill);
            if (drill.IsOver)
            {
                _completions.Remove(drill.Id, out completion);
                _cancelled.Remove(drill.Id);
                _drills = _drills.RemoveRange(_drills.Values.Where(d => d.IsOver).SkipLast(EndedMax).Select(d => d.Id));
            }
        }

        completion?.TrySetResult(drill);
    }
}
