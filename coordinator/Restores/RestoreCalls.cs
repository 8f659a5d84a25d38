using Grpc.Core;
using K8sBackup.Coordinator.ClusterRestores;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;
using Microsoft.Extensions.Hosting;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Restores;

/// <summary>The operator's calls about restores: those of one source on one node, and those of the cluster's etcd.</summary>
public sealed class RestoreCalls
{
    private const int ListDefault = 50;
    private const int ListMax = 1000;

    private readonly RestoreEngine _engine;
    private readonly RestoreStore _store;
    private readonly ClusterRestoreCalls _cluster;
    private readonly RestoreOptions _options;
    private readonly TimeProvider _clock;
    private readonly IHostApplicationLifetime _lifetime;

    public RestoreCalls(
        RestoreEngine engine, RestoreStore store, ClusterRestoreCalls cluster, RestoreOptions options, TimeProvider clock, IHostApplicationLifetime lifetime)
    {
        _engine = engine;
        _store = store;
        _cluster = cluster;
        _options = options;
        _clock = clock;
        _lifetime = lifetime;
    }

    public async Task<Wire.Restore> StartAsync(Wire.StartRestoreRequest request, ServerCallContext context, bool isPreview = false)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        _cluster.RequireNone(request);
        return ToWire(await _engine.StartAsync(request, CallerIdentity.Of(context).Name, context.CancellationToken, isPreview));
    }

    public Task<Wire.Restore> PlanClusterAsync(Wire.PlanClusterRestoreRequest request, ServerCallContext context) => _cluster.PlanAsync(request, context);

    public Task<Wire.Restore> ConfirmClusterAsync(Wire.ConfirmClusterRestoreRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        Wire.Restore restore = Require(request.RestoreId);
        return restore.Cluster is null
            ? throw new BackupException(FailureCause.InvalidRequest, $"Restore {restore.Id} is of one node and waits for no confirmation.")
            : Task.FromResult(_cluster.Confirm(RestoreId.Parse(restore.Id), request.Cluster, context));
    }

    public Task<Wire.Restore> GetAsync(Wire.GetRestoreRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Task.FromResult(Require(request.RestoreId));
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
        foreach (Wire.Restore restore in All().OrderByDescending(restore => restore.Id, StringComparer.Ordinal).Take(limit))
        {
            await responses.WriteAsync(restore, context.CancellationToken);
        }
    }

    /// <summary>The restore now and after every change, not more often than the options say, until it is over.</summary>
    public async Task WatchAsync(Wire.WatchRestoreRequest request, IServerStreamWriter<Wire.Restore> responses, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responses);
        ArgumentNullException.ThrowIfNull(context);
        Wire.Restore now = Require(request.RestoreId);
        RestoreId id = RestoreId.Parse(now.Id);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, _lifetime.ApplicationStopping);
        Wire.Restore? sent = null;
        try
        {
            while (true)
            {
                now = Find(id) ?? now;
                if (!now.Equals(sent))
                {
                    await responses.WriteAsync(now, end.Token);
                    sent = now;
                }

                if (now.Interval.FinishedAt is not null)
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
        Wire.Restore restore = Require(request.RestoreId);
        RestoreId id = RestoreId.Parse(restore.Id);
        return Task.FromResult(restore.Cluster is null
            ? ToWire(_engine.Cancel(_store.Find(id)!, CallerIdentity.Of(context).Name))
            : _cluster.Abort(id, context));
    }

    private Wire.Restore ToWire(RestoreRecord record) => RestoreMapping.ToWire(record, _engine.ProgressOf(record.Id));

    private IEnumerable<Wire.Restore> All() => _store.All.Select(ToWire).Concat(_cluster.All);

    private Wire.Restore? Find(RestoreId id) => _store.Find(id) is { } record ? ToWire(record) : _cluster.Find(id);

    /// <summary>The restore of that id or unique beginning of an id.</summary>
    private Wire.Restore Require(string text)
    {
        Wire.Restore[] found = text.Length == 0 ? [] : [.. All().Where(restore => restore.Id.StartsWith(text, StringComparison.Ordinal)).Take(2)];
        return found.Length switch
        {
            1 => found[0],
            0 => throw new BackupException(FailureCause.NotFound, $"There is no restore '{text}'."),
            _ => throw new BackupException(FailureCause.InvalidRequest, $"'{text}' is the beginning of several restore ids; give more of it."),
        };
    }
}
