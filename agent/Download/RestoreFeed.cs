using Grpc.Core;
using K8sBackup.Agent.Session;
using K8sBackup.Agent.Upload;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Payloads;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Download;

/// <summary>
/// The items of one restore in order, exactly once. A broken stream is fetched again from its beginning and what was
/// already handed out is passed over, so that the restorer never sees the break. Ends only behind a Done that counts right.
/// </summary>
internal sealed class RestoreFeed : IRestoreItems, IAsyncDisposable
{
    private const int FruitlessAttemptsMax = 10;

    private static readonly TimeSpan SilenceTimeout = TimeSpan.FromMinutes(5);

    private readonly CoordinatorLink _link;
    private readonly string _workId;
    private readonly ChunkDecoder _decoder;
    private readonly FullJitter _jitter;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private ChannelLease? _lease;
    private AsyncServerStreamingCall<RestoreMessage>? _call;
    private RestoreMessage _message = new();
    private int _next;
    private long _position;
    private long _given;
    private int _fruitless;
    private long _entries;
    private long _bytes;
    private Google.Protobuf.ByteString? _lastPath;
    private bool _done;

    public RestoreFeed(CoordinatorLink link, string workId, ChunkDecoder decoder, FullJitter jitter, TimeProvider clock, ILogger log)
    {
        _link = link;
        _workId = workId;
        _decoder = decoder;
        _jitter = jitter;
        _clock = clock;
        _log = log;
    }

    /// <summary>The next item; null behind Done. The item is valid until the next call.</summary>
    /// <exception cref="RpcException">The coordinator refuses, for a reason that will not pass.</exception>
    /// <exception cref="BackupException">The stream broke too often, or is not what the protocol says.</exception>
    public async ValueTask<RestoreItem?> NextAsync(CancellationToken cancellationToken)
    {
        while (!_done)
        {
            try
            {
                RestoreItem item = await ReadAsync(cancellationToken);
                _position++;
                if (_position <= _given)
                {
                    PassOver(item);
                    continue;
                }

                _given = _position;
                _fruitless = 0;
                return Take(item);
            }
            catch (Exception e) when (UploadFaults.IsTransient(e) && !cancellationToken.IsCancellationRequested)
            {
                await RetryAsync(e, cancellationToken);
            }
        }

        return null;
    }

    public ValueTask DisposeAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }

    private async ValueTask<RestoreItem> ReadAsync(CancellationToken cancellationToken)
    {
        if (_call is null)
        {
            _decoder.Begin();
            _lease = _link.Lease();
            _call = RestoreCalls.Fetch(_lease.Channel, new FetchRequest { WorkId = _workId }, cancellationToken);
        }

        while (_next == _message.Items.Count)
        {
            bool more;
            try
            {
                more = await _call.ResponseStream.MoveNext(cancellationToken).WaitAsync(SilenceTimeout, _clock, cancellationToken);
            }
            catch (TimeoutException e)
            {
                throw new BackupException(FailureCause.TimedOut, $"The coordinator sent nothing for {SilenceTimeout.TotalMinutes:0} minutes.", e);
            }

            if (!more)
            {
                throw new BackupException(FailureCause.NodeUnavailable, "The restore stream ended before it was complete.");
            }

            _message.Release();
            _message = _call.ResponseStream.Current;
            _next = 0;
        }

        RestoreItem item = _message.Items[_next++];
        if (item.Data is { } data)
        {
            _decoder.Take(data);
        }

        return item;
    }

    private RestoreItem? Take(RestoreItem item)
    {
        switch (item.ItemCase)
        {
            case RestoreItem.ItemOneofCase.Entry:
                _entries++;
                _lastPath = item.Entry.Path;
                return item;
            case RestoreItem.ItemOneofCase.Data:
                _bytes += item.Data.Take;
                return item;
            case RestoreItem.ItemOneofCase.End:
            case RestoreItem.ItemOneofCase.Loss:
                return item;
            case RestoreItem.ItemOneofCase.Done when item.Done.Entries == _entries && item.Done.Bytes == _bytes:
                _done = true;
                return null;
            default:
                throw new BackupException(FailureCause.ProtocolViolation, item.Done is { } done
                    ? $"The restore stream announces {done.Entries} entries and {done.Bytes} bytes; it had {_entries} and {_bytes}."
                    : "The restore stream has an item of unknown kind.");
        }
    }

    // The order of a restore's items follows from the snapshot alone; a stream that differs is of something else.
    private void PassOver(RestoreItem item)
    {
        if (_position == _given && item.Entry is { } entry && entry.Path != _lastPath)
        {
            throw new BackupException(FailureCause.ProtocolViolation, "The restore stream differs from the one that broke.");
        }
    }

    private async Task RetryAsync(Exception fault, CancellationToken cancellationToken)
    {
        Close();
        string cause = fault is RpcException rpc ? rpc.Status.Detail : fault.Message;
        if (++_fruitless > FruitlessAttemptsMax)
        {
            throw new BackupException(FailureCause.NodeUnavailable, $"The restore stream broke {_fruitless} times in a row, lastly: {cause}", fault);
        }

        DownloadLog.StreamBroke(_log, _workId, cause);
        await _jitter.WaitAsync(_fruitless - 1, _link.NextSession, cancellationToken);
    }

    private void Close()
    {
        _call?.Dispose();
        _lease?.Dispose();
        _message.Release();
        (_call, _lease, _message, _next, _position) = (null, null, new RestoreMessage(), 0, 0);
    }
}
