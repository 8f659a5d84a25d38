using Grpc.Core;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Model.Outcomes;
using Microsoft.Extensions.Hosting;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Restores;

/// <summary>The operator's calls about restores.</summary>
public sealed class RestoreCalls
{
    private const int ListDefault = 50;
    private const int ListMax = 1000;

    private readonly RestoreEngine _engine;
    private readonly RestoreStore _store;
    private readonly RestoreOptions _options;
    private readonly TimeProvider _clock;
    private readonly IHostApplicationLifetime _lifetime;

    public RestoreCalls(RestoreEngine engine, RestoreStore store, RestoreOptions options, TimeProvider clock, IHostApplicationLifetime lifetime)
    {
        _engine = engine;
        _store = store;
        _options = options;
        _clock = clock;
        _lifetime = lifetime;
    }

    public async Task<Wire.Restore> StartAsync(Wire.StartRestoreRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return ToWire(await _engine.StartAsync(request, CallerIdentity.Of(context).Name, context.CancellationToken));
    }

    public Task<Wire.Restore> GetAsync(Wire.GetRestoreRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Task.FromResult(ToWire(Require(request.RestoreId)));
    }

    /// <summary>Newest first.</summary>
    public async Task ListAsync(Wire.ListRestoresRequest request, IServerStreamWriter<Wire.Restore> responses, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responses);
        ArgumentNullException.ThrowIfNull(context);
        int limit = request.Limit switch
        {
            0 => ListDefault,
            > 0 and <= ListMax => request.Limit,
            _ => throw new BackupException(FailureCause.InvalidRequest, $"The limit must be between 1 and {ListMax}."),
        };
        foreach (RestoreRecord record in _store.All.Take(limit))
        {
            await responses.WriteAsync(ToWire(record), context.CancellationToken);
        }
    }

    /// <summary>The restore now and after every change, not more often than the options say, until it is over.</summary>
    public async Task WatchAsync(Wire.WatchRestoreRequest request, IServerStreamWriter<Wire.Restore> responses, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responses);
        ArgumentNullException.ThrowIfNull(context);
        RestoreRecord record = Require(request.RestoreId);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, _lifetime.ApplicationStopping);
        Wire.Restore? sent = null;
        try
        {
            while (true)
            {
                record = _store.Find(record.Id) ?? record;
                Wire.Restore now = ToWire(record);
                if (!now.Equals(sent))
                {
                    await responses.WriteAsync(now, end.Token);
                    sent = now;
                }

                if (record.IsOver)
                {
                    return;
                }

                await Task.Delay(_options.Interval, _clock, end.Token);
            }
        }
        catch (OperationCanceledException) when (_lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The coordinator stops; the restore goes on when it is back."));
        }
    }

    public Task<Wire.Restore> CancelAsync(Wire.CancelRestoreRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        return Task.FromResult(ToWire(_engine.Cancel(Require(request.RestoreId), CallerIdentity.Of(context).Name)));
    }

    private Wire.Restore ToWire(RestoreRecord record) => RestoreMapping.ToWire(record, _engine.ProgressOf(record.Id));

    /// <summary>The restore of that id or unique beginning of an id.</summary>
    private RestoreRecord Require(string text)
    {
        IReadOnlyList<RestoreRecord> found = text.Length == 0 ? [] : _store.Matching(text);
        return found.Count switch
        {
            1 => found[0],
            0 => throw new BackupException(FailureCause.NotFound, $"There is no restore '{text}'."),
            _ => throw new BackupException(FailureCause.InvalidRequest, $"'{text}' is the beginning of several restore ids; give more of it."),
        };
    }
}
