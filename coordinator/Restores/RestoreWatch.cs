using K8sBackup.Coordinator.Fleet;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Coordinator.Restores;

/// <summary>
/// Waits for one restore to end, and ends it when nobody else will: its agent does not come, stays away too long, or
/// does not answer a cancellation.
/// </summary>
internal sealed class RestoreWatch
{
    private readonly WorkItem _item;
    private readonly NodeRegistry _nodes;
    private readonly WorkBoard _board;
    private readonly RestoreOptions _options;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _startPatience;
    private readonly long _begun;
    private long? _cancelled;

    public RestoreWatch(WorkItem item, bool resumed, NodeRegistry nodes, WorkBoard board, RestoreOptions options, TimeProvider clock)
    {
        _item = item;
        _startPatience = resumed ? options.AwayPatience : options.StartPatience;
        _nodes = nodes;
        _board = board;
        _options = options;
        _clock = clock;
        _begun = clock.GetTimestamp();
    }

    /// <summary>The outcome; <paramref name="started"/> is called once, when the agent has begun.</summary>
    public async Task<WorkOutcome> UntilOverAsync(Action started, CancellationToken cancellationToken)
    {
        bool running = false;
        using PeriodicTimer timer = new(_options.Interval, _clock);
        do
        {
            if (!running && _item.Started && !_item.Completion.IsCompleted)
            {
                running = true;
                started();
            }

            if (GiveUp() is { } failure)
            {
                _board.ReportResult(_item.WorkId, new WorkOutcome.Failed(failure));
            }
        }
        while (!_item.Completion.IsCompleted && await NextAsync(timer, cancellationToken));
        return await _item.Completion;
    }

    private async Task<bool> NextAsync(PeriodicTimer timer, CancellationToken cancellationToken)
    {
        Task<bool> tick = timer.WaitForNextTickAsync(cancellationToken).AsTask();
        await Task.WhenAny(tick, _item.Completion);
        return _item.Completion.IsCompleted || await tick;
    }

    private Failure? GiveUp()
    {
        if (_item.Cancellation.IsCancellationRequested)
        {
            _cancelled ??= _clock.GetTimestamp();
            bool nobodyIsAtIt = !_item.Started && !_nodes.IsConnected(_item.Node);
            return nobodyIsAtIt || _clock.GetElapsedTime(_cancelled.Value) >= _options.CancelPatience
                ? Of(FailureCause.Cancelled, "Cancelled by the operator.")
                : null;
        }

        if (!_item.Started)
        {
            return _clock.GetElapsedTime(_begun) >= _startPatience
                ? Of(FailureCause.NodeUnavailable, $"The node's agent did not take the restore within {Minutes(_startPatience)}.")
                : null;
        }

        return _nodes.AwayFor(_item.Node) >= _options.AwayPatience
            ? Of(FailureCause.NodeUnavailable, $"The node's agent has been away for {Minutes(_options.AwayPatience)} with the restore unfinished.")
            : null;
    }

    private Failure Of(FailureCause cause, string message) => new(_item.Node, _item.Source.ToString(), cause, message);

    private static string Minutes(TimeSpan time) => $"{time.TotalMinutes:0.#} minutes";
}
