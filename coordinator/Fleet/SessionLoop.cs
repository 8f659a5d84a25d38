using System.Collections.Concurrent;
using System.Threading.Channels;
using Grpc.Core;
using K8sBackup.Coordinator.Rotation;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.Mapping;
using K8sBackup.Transport.V1;
using Microsoft.Extensions.Logging;
using WorkProgress = K8sBackup.Model.Outcomes.WorkProgress;

namespace K8sBackup.Coordinator.Fleet;

/// <summary>
/// One session after its greeting. Reading and writing run side by side; either's end ends both. The writer compares
/// what stands on the board with what this session has sent, whenever something changed: nothing is queued but
/// acknowledgements, and a slow agent delays only itself.
/// </summary>
internal sealed class SessionLoop
{
    // An agent that sends results faster than it reads their acknowledgements is not read from until it does.
    private const int AcknowledgementsMax = 64;

    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(30);

    private readonly PeerIdentity _caller;
    private readonly NodeRegistry _nodes;
    private readonly WorkBoard _board;
    private readonly ResultReceiver _results;
    private readonly RenewalNotice _renewal;
    private readonly ILogger _log;
    private readonly Channel<string> _acknowledgements = Channel.CreateBounded<string>(AcknowledgementsMax);
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ConcurrentDictionary<string, bool> _named = new(StringComparer.Ordinal);
    private readonly HashSet<string> _sent = new(StringComparer.Ordinal);
    private readonly HashSet<string> _cancelled = new(StringComparer.Ordinal);

    public SessionLoop(PeerIdentity caller, NodeRegistry nodes, WorkBoard board, ResultReceiver results, RenewalNotice renewal, ILogger log)
    {
        _caller = caller;
        _nodes = nodes;
        _board = board;
        _results = results;
        _renewal = renewal;
        _log = log;
    }

    public async Task RunAsync(Hello hello, SessionReader reader, IServerStreamWriter<CoordinatorMessage> writer, CancellationToken cancellationToken)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _board.Changed += NoteChange;
        _renewal.Follow(Wake);
        try
        {
            foreach (string id in hello.WorkIds)
            {
                _named[id] = true;
                _sent.Add(id);
                _board.ReportProgress(id, _board.Find(id)?.Progress ?? WorkProgress.None);
            }

            Task writing = WriteAllAsync(writer, end.Token);
            Task reading = ReadAllAsync(reader, end.Token);
            Task first = await Task.WhenAny(reading, writing);
            await end.CancelAsync();
            await Task.WhenAll(reading, writing).ContinueWith(
                static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            await first;
        }
        finally
        {
            _board.Changed -= NoteChange;
            _renewal.Unfollow(Wake);
        }
    }

    private async Task ReadAllAsync(SessionReader reader, CancellationToken cancellationToken)
    {
        while (await reader.ReadAsync(cancellationToken) is { } message)
        {
            _nodes.Seen(_caller.Name);
            switch (message.MessageCase)
            {
                case AgentMessage.MessageOneofCase.Heartbeat:
                    NoteChange(_caller.Name);
                    break;
                case AgentMessage.MessageOneofCase.Progress:
                    RequireOwn(message.Progress.WorkId);
                    _board.ReportProgress(message.Progress.WorkId, SourceMapping.ToModel(message.Progress.Progress));
                    break;
                case AgentMessage.MessageOneofCase.Result:
                    RequireOwn(message.Result.WorkId);
                    _named.TryRemove(message.Result.WorkId, out _);
                    await _results.ReceiveAsync(_caller, message.Result, cancellationToken);
                    await _acknowledgements.Writer.WriteAsync(message.Result.WorkId, cancellationToken);
                    NoteChange(_caller.Name);
                    break;
                case AgentMessage.MessageOneofCase.FilesChanged:
                    _nodes.NoteFilesChanged(_caller.Name);
                    break;
                default:
                    throw new RpcException(new Status(StatusCode.InvalidArgument, "After Hello come Heartbeat, Progress, Result and FilesChanged only."));
            }
        }
    }

    private async Task WriteAllAsync(IServerStreamWriter<CoordinatorMessage> writer, CancellationToken cancellationToken)
    {
        do
        {
            if (_renewal.IsDue())
            {
                RotationLog.RenewalAsked(_log, _caller.Name);
                await writer.WriteAsync(new CoordinatorMessage { Renew = new RenewIdentity() }, cancellationToken);
            }

            await CancelForgottenAsync(writer, cancellationToken);
            while (_acknowledgements.Reader.TryRead(out string? id))
            {
                await writer.WriteAsync(new CoordinatorMessage { Acknowledged = new ResultAcknowledged { WorkId = id } }, cancellationToken);
                ForgetUnknown(id);
            }

            foreach (WorkItem item in _board.OfNode(_caller.Name))
            {
                await DeliverAsync(item, writer, cancellationToken);
            }
        }
        while (await _changes.Reader.ReadAsync(cancellationToken));
    }

    /// <summary>
    /// Stops what the agent still does although it was over when it came back, for example cancelled while it was away. Work nobody knows
    /// is given some time first: right after a start, engines may not have put everything up again.
    /// </summary>
    private async Task CancelForgottenAsync(IServerStreamWriter<CoordinatorMessage> writer, CancellationToken cancellationToken)
    {
        bool settled = _nodes.RunningFor >= SettleTime;
        foreach (string id in _named.Keys)
        {
            WorkItem? item = _board.Find(id);
            if (item is null && !settled)
            {
                continue;
            }

            _named.TryRemove(id, out _);
            if (item is { Completion.IsCompleted: false })
            {
                // From here on it is work like any other: its commit is no reason to call it off.
                continue;
            }

            await writer.WriteAsync(new CoordinatorMessage { Cancel = new CancelWork { WorkId = id } }, cancellationToken);
        }
    }

    // An agent may report that its work was unknown to a coordinator that had just started, before or after that one put the work up again:
    // with the acknowledgement the agent knows nothing of it any more, and it is to be sent anew.
    private void ForgetUnknown(string id)
    {
        if (_board.Find(id) is not { Completion.IsCompleted: true })
        {
            _sent.Remove(id);
        }
    }

    private async Task DeliverAsync(WorkItem item, IServerStreamWriter<CoordinatorMessage> writer, CancellationToken cancellationToken)
    {
        if (item.Completion.IsCompleted || !WorkAccess.IsAllowed(item, _caller))
        {
            return;
        }

        if (item.Cancellation.IsCancellationRequested)
        {
            if (_cancelled.Add(item.WorkId))
            {
                FleetLog.WorkCancelled(_log, item.WorkId, item.Node);
                await writer.WriteAsync(new CoordinatorMessage { Cancel = new CancelWork { WorkId = item.WorkId } }, cancellationToken);
            }
        }
        else if (_sent.Add(item.WorkId))
        {
            FleetLog.WorkSent(_log, item.WorkId, item.Source.ToString(), item.Node);
            await writer.WriteAsync(new CoordinatorMessage { Work = item.Work }, cancellationToken);
        }
    }

    private void RequireOwn(string workId)
    {
        if (_board.Find(workId) is { } item && !WorkAccess.IsAllowed(item, _caller))
        {
            throw new RpcException(new Status(StatusCode.PermissionDenied, "The work belongs to another node or needs another role."));
        }
    }

    private void NoteChange(string node)
    {
        if (node == _caller.Name)
        {
            Wake();
        }
    }

    private void Wake() => _changes.Writer.TryWrite(true);
}
