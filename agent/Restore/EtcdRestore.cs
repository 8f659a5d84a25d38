using System.Globalization;
using K8sBackup.Agent.Download;
using K8sBackup.Agent.Session;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Restoring;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Restore;

/// <summary>Restores the node's etcd from what the coordinator sends, and reports it; the work is <see cref="MemberRestore"/>'s.</summary>
internal sealed class EtcdRestore : IMemberRestoreSteps
{
    private readonly MemberRestorePlan _plan;
    private readonly EtcdRestoreRecord _record;
    private readonly RestoreFeed _feed;
    private readonly ChunkDecoder _decoder;
    private readonly WorkMeter _meter;
    private readonly ILogger _log;
    private RestoreReport? _report;
    private long _bytes;

    public EtcdRestore(MemberRestorePlan plan, EtcdRestoreRecord record, RestoreFeed feed, ChunkDecoder decoder, WorkMeter meter, ILogger log)
    {
        _plan = plan;
        _record = record;
        _feed = feed;
        _decoder = decoder;
        _meter = meter;
        _log = log;
    }

    /// <exception cref="BackupException">It failed; what was there is there.</exception>
    public async Task<RestoreReport> RunAsync(CancellationToken cancellationToken)
    {
        await new MemberRestore(_plan, this).RunAsync(cancellationToken);
        return _report ?? _record.Read() ?? new RestoreReport
        {
            Notes = { "The swap was finished after a restart of the agent." },
            Etcd = new EtcdRestoreReport { DataDir = _plan.NodeDataDirectory },
        };
    }

    public void FoundUnfinishedSwap(SwapPhase phase) => RestoreLog.EtcdSwapFound(_log, _plan.Target.Id, _plan.Target.DataDirectory, phase.ToString());

    public void Begin(string phase) => _meter.Begin(phase);

    public async Task FetchAsync(string path, CancellationToken cancellationToken) =>
        _bytes = await SnapshotDownload.RunAsync(_feed, _decoder, path, _meter, cancellationToken);

    public void BeforeSwap(MemberRestoreResult result)
    {
        _report = new RestoreReport
        {
            EntriesRestored = 1,
            BytesRestored = _bytes,
            Notes = { result.Notes },
            Etcd = new EtcdRestoreReport
            {
                DataDir = _plan.NodeDataDirectory,
                FormerData = result.FormerData ?? "",
                ClusterId = result.Built.ClusterId.ToString("x", CultureInfo.InvariantCulture),
                MemberId = result.Built.MemberId.ToString("x", CultureInfo.InvariantCulture),
                SnapshotRevision = result.Built.RevisionBefore,
                RestoredRevision = result.Built.RevisionAfter,
                Keys = result.Keys,
            },
        };
        _record.Write(_report);
    }

    public void RollingBack(string cause) => RestoreLog.EtcdSwapRolledBack(_log, _plan.Target.Id, _plan.Target.DataDirectory, cause);
}
