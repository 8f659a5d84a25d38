using Grpc.Core;
using K8sBackup.Etcd.Wire;

namespace K8sBackup.Etcd.Client;

/// <summary>
/// Reads one snapshot stream into a spool at full speed. Two clocks end it: one since the last bytes, one for the whole;
/// empty messages do not wind the first. The member's read transaction ends with the call, so every way out cancels it.
/// </summary>
internal sealed class SnapshotDownload : IDisposable
{
    // The number of the system, and the one .NET puts in its place.
    private const int NoSpaceLeft = 28;
    private const int DiskFull = 112;

    private readonly Maintenance.MaintenanceClient _client;
    private readonly EtcdClientOptions _options;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stall;
    private readonly CancellationTokenSource _deadline;
    private readonly CancellationTokenSource _stop;
    private readonly CancellationToken _caller;

    public SnapshotDownload(
        Maintenance.MaintenanceClient client, EtcdClientOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        _client = client;
        _options = options;
        _time = time;
        _caller = cancellationToken;
        _stall = new CancellationTokenSource(options.StallTimeout, time);
        _deadline = new CancellationTokenSource(options.SnapshotTimeMin, time);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(_stall.Token, _deadline.Token, cancellationToken);
    }

    public async Task<DownloadedSnapshot> RunAsync(Stream spool, long spoolBytesMax)
    {
        try
        {
            return await ReadAsync(spool, spoolBytesMax).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or RpcException && _stop.IsCancellationRequested)
        {
            _caller.ThrowIfCancellationRequested();
            throw _stall.IsCancellationRequested
                ? new EtcdSnapshotException(EtcdSnapshotError.Stalled, $"no bytes for {_options.StallTimeout.TotalSeconds} s", e)
                : new EtcdSnapshotException(EtcdSnapshotError.DeadlineExceeded, "the snapshot took longer than its size allows", e);
        }
        catch (RpcException e)
        {
            throw new EtcdSnapshotException(MapStatus(e.Status), $"snapshot call: {e.Status.Detail}", e);
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
        _stall.Dispose();
        _deadline.Dispose();
    }

    private async Task<DownloadedSnapshot> ReadAsync(Stream spool, long spoolBytesMax)
    {
        var started = _time.GetTimestamp();
        using var check = new SnapshotStreamCheck(_options.SnapshotBytesMax, spoolBytesMax);
        using var call = _client.Snapshot(new SnapshotRequest(), cancellationToken: _stop.Token);
        string? version = null;
        var written = 0L;
        while (await call.ResponseStream.MoveNext(_stop.Token).ConfigureAwait(false))
        {
            var message = call.ResponseStream.Current;
            var isFirst = check.DatabaseBytes is null;
            check.Accept(message.Blob.Span, message.RemainingBytes);
            if (isFirst)
            {
                version = message.Version.Length > 0 ? message.Version : null;
                _deadline.CancelAfter(TimeLeft(check.DatabaseBytes!.Value, _time.GetElapsedTime(started)));
            }

            if (!message.Blob.IsEmpty)
            {
                await WriteAsync(spool, message.Blob.Memory).ConfigureAwait(false);
                written += message.Blob.Length;
                _stall.CancelAfter(_options.StallTimeout);
            }
        }

        // Reading to the end threw unless the call's status was OK.
        var sha256 = check.Complete();
        return new DownloadedSnapshot(written, check.DatabaseBytes!.Value, sha256, version);
    }

    private async Task WriteAsync(Stream spool, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await spool.WriteAsync(bytes, _stop.Token).ConfigureAwait(false);
        }
        catch (IOException e) when ((e.HResult & 0xffff) is NoSpaceLeft or DiskFull)
        {
            throw new EtcdSnapshotException(EtcdSnapshotError.SpoolFull, "no space left for the spool", e);
        }
    }

    private TimeSpan TimeLeft(long databaseBytes, TimeSpan elapsed)
    {
        var bySize = TimeSpan.FromSeconds((double)databaseBytes / _options.SnapshotBytesPerSecondMin);
        var allowed = bySize < _options.SnapshotTimeMin ? _options.SnapshotTimeMin
            : bySize > _options.SnapshotTimeMax ? _options.SnapshotTimeMax
            : bySize;
        return allowed > elapsed ? allowed - elapsed : TimeSpan.Zero;
    }

    private static EtcdSnapshotError MapStatus(Status status) => status.StatusCode switch
    {
        StatusCode.Unavailable when EtcdCallFailure.IsTlsFailure(status) => EtcdSnapshotError.Unauthenticated,
        StatusCode.Unavailable => EtcdSnapshotError.Unavailable,
        StatusCode.Unauthenticated or StatusCode.PermissionDenied => EtcdSnapshotError.Unauthenticated,
        StatusCode.DeadlineExceeded => EtcdSnapshotError.DeadlineExceeded,
        StatusCode.DataLoss => EtcdSnapshotError.DatabaseCorrupt,
        _ => EtcdSnapshotError.Refused,
    };
}
