using Grpc.Core;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.ClusterRestores;

/// <summary>The operator's calls about restores of the cluster's etcd.</summary>
public sealed class ClusterRestoreCalls
{
    private readonly ClusterRestoreEngine _engine;
    private readonly ClusterRestoreStore _store;

    public ClusterRestoreCalls(ClusterRestoreEngine engine, ClusterRestoreStore store)
    {
        _engine = engine;
        _store = store;
    }

    /// <summary>Newest first.</summary>
    public IEnumerable<Wire.Restore> All => _store.All.Select(ToWire);

    public async Task<Wire.Restore> PlanAsync(Wire.PlanClusterRestoreRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return ToWire(await _engine.PlanAsync(request, CallerIdentity.Of(context).Name, context.CancellationToken));
    }

    public Wire.Restore Confirm(RestoreId id, string cluster, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return ToWire(_engine.Confirm(id, cluster, CallerIdentity.Of(context).Name));
    }

    public Wire.Restore Abort(RestoreId id, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return ToWire(_engine.Abort(id, CallerIdentity.Of(context).Name));
    }

    /// <summary>The restore; null when there is none of that id.</summary>
    public Wire.Restore? Find(RestoreId id) => _store.Find(id) is { } record ? ToWire(record) : null;

    /// <summary>Refuses what a restore of the cluster that is under way would collide with.</summary>
    /// <exception cref="BackupException">One is, and the source is no volume.</exception>
    public void RequireNone(Wire.StartRestoreRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (_engine.Current is { } current && request.From is null && request.Source?.Kind != Wire.SourceKind.Volume)
        {
            throw new BackupException(FailureCause.TargetInUse, $"Restore {current.Id} of the cluster goes on ({current.Phase}).");
        }
    }

    private Wire.Restore ToWire(ClusterRestoreRecord record) => ClusterRestoreMapping.ToWire(record, node => _engine.ProgressOf(record, node));
}
