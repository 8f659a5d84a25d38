using K8sBackup.Agent.Download;
using K8sBackup.Agent.Etcd;
using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.Session;
using K8sBackup.Etcd.Booting;
using K8sBackup.Etcd.Discovery;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Drills;

/// <summary>Holds a drill with what the coordinator sends, in the directory for drills; nothing else of the node is touched.</summary>
internal sealed class DrillHandler
{
    private readonly AgentOptions _options;
    private readonly EtcdLocator _locator;
    private readonly TimeProvider _clock;
    private readonly ILogger<DrillHandler> _log;

    public DrillHandler(AgentOptions options, EtcdLocator locator, TimeProvider clock, ILogger<DrillHandler> log)
    {
        _options = options;
        _locator = locator;
        _clock = clock;
        _log = log;
    }

    /// <exception cref="BackupException">It could not be held.</exception>
    public async Task<RestoreReport> RunAsync(Work work, RestoreFeed feed, ChunkDecoder decoder, WorkMeter meter, CancellationToken cancellationToken)
    {
        using DrillScratch scratch = DrillScratch.Create(_options.DrillDirectory, _log);
        RestoreTask task = work.Restore;
        DrillReport report = task.Source.Kind == SourceKind.Etcd
            ? await new EtcdDrillRun(scratch, Finder(), MemberName(), _clock, _log).RunAsync(feed, decoder, task.Drill, meter, cancellationToken)
            : await new FilesDrillRun(scratch, _clock).RunAsync(work.WorkId, feed, decoder, meter, cancellationToken);
        return new RestoreReport { Drill = report };
    }

    private EtcdBinaryFinder Finder() => new(_clock) { ConfiguredPath = _options.DrillEtcdProgram.Length > 0 ? _options.DrillEtcdProgram : null };

    // A node without a manifest, or with one of another layout, may still have an etcd to hold drills with.
    private string? MemberName()
    {
        try
        {
            EtcdMemberSetup? setup = _locator.Setup();
            return setup?.Name;
        }
        catch (BackupException)
        {
            return null;
        }
    }
}
