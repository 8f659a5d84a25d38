using K8sBackup.Agent.Download;
using K8sBackup.Agent.Drills;
using K8sBackup.Agent.Etcd;
using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.Restore;
using K8sBackup.Agent.Session;
using K8sBackup.Etcd.Bolt;
using K8sBackup.Etcd.Browsing;
using K8sBackup.Etcd.Client;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Kubernetes.Encryption;
using K8sBackup.Kubernetes.Impact;
using K8sBackup.Kubernetes.Objects;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;
using ImpactReport = K8sBackup.Transport.V1.ImpactReport;

namespace K8sBackup.Agent.Impact;

/// <summary>
/// Says what the restore of an etcd snapshot would do: fetches the snapshot into the directory for drills and compares it with the running
/// etcd, page by page at one revision. Both are only read. Values that are encrypted at rest differ where their ciphertext does.
/// </summary>
internal sealed class ImpactWork
{
    // An agent has little memory; a larger key space is read in several passes.
    private static readonly BrowseLimits s_limits = new() { KeysMax = 1 << 18, KeyBytesMax = 24 << 20 };

    private readonly AgentOptions _options;
    private readonly EtcdLocator _locator;
    private readonly TimeProvider _clock;
    private readonly ILogger<ImpactWork> _log;

    public ImpactWork(AgentOptions options, EtcdLocator locator, TimeProvider clock, ILogger<ImpactWork> log)
    {
        _options = options;
        _locator = locator;
        _clock = clock;
        _log = log;
    }

    /// <exception cref="BackupException">It cannot be said; EtcdUnavailable when etcd does not answer.</exception>
    public async Task<RestoreReport> RunAsync(RestoreTask task, RestoreFeed feed, ChunkDecoder decoder, WorkMeter meter, CancellationToken cancellationToken)
    {
        using DrillScratch scratch = DrillScratch.Create(_options.DrillDirectory, _log);
        try
        {
            using EtcdMemberClient client = EtcdMemberClient.Create(_locator.Endpoint(new EtcdOptions()), new EtcdClientOptions(), _clock);
            // First, so that nothing is fetched in vain.
            EtcdMemberStatus status = await client.StatusAsync(cancellationToken);
            await client.CountKeysAsync(cancellationToken);
            meter.Begin("downloading");
            await SnapshotDownload.RunAsync(feed, decoder, scratch.Snapshot, meter, cancellationToken);
            meter.Begin("comparing");
            SnapshotFacts facts = await Task.Run(
                () => SnapshotVerifier.Verify(scratch.Snapshot, DigestRule.Required, cancellationToken), cancellationToken);
            using SnapshotDatabase snapshot = SnapshotDatabase.Open(scratch.Snapshot, s_limits);
            LiveKeySpace live = new(client);
            ImpactQuery query = new(Math.Clamp(task.Impact.NamesMax, 0, ImpactQuery.NamesLimit), task.Impact.Kind, task.Impact.Namespace);
            Kubernetes.Impact.ImpactReport report = await new ImpactAssessment(new ObjectDecoder(Keyring.Empty), query)
                .RunAsync(live, snapshot.At(), () => (live.Revision, snapshot.Revision), cancellationToken);
            ImpactReport wire = ImpactMapping.ToWire(report);
            wire.LiveVersion = status.Version;
            wire.DataVersion = facts.Version.ToString();
            return new RestoreReport { Impact = wire };
        }
        catch (Exception e) when (EtcdErrors.Capturing(e) is { } failure && e is EtcdCallException)
        {
            throw failure;
        }
        catch (Exception e) when (e is SnapshotInvalidException or CorruptDatabaseException or BrowseException)
        {
            throw new BackupException(FailureCause.EtcdSnapshotInvalid, $"The snapshot does not verify: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BackupException(FailureCause.TargetUnusable, $"The comparison cannot be made here: {e.Message}", e);
        }
    }
}
