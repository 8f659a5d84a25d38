using K8sBackup.Agent.Download;
using K8sBackup.Agent.Drills;
using K8sBackup.Agent.Impact;
using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.Session;
using K8sBackup.Agent.Surviving;
using K8sBackup.Agent.Upload;
using K8sBackup.Etcd.Restoring;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Restore;

/// <summary>Does one restore: fetches what the coordinator sends for the work and hands it to the kind's own restorer.</summary>
internal sealed class RestoreHandler : IWorkHandler
{
    private readonly AgentOptions _options;
    private readonly CoordinatorLink _link;
    private readonly BufferPool _buffers;
    private readonly EtcdRestorePlanner _etcd;
    private readonly FilesTargets _files;
    private readonly DrillHandler _drills;
    private readonly ImpactWork _impact;
    private readonly SurveyWork _survey;
    private readonly FullJitter _jitter;
    private readonly TimeProvider _clock;
    private readonly ILogger<RestoreHandler> _log;

    public RestoreHandler(
        AgentOptions options,
        CoordinatorLink link,
        BufferPool buffers,
        EtcdRestorePlanner etcd,
        FilesTargets files,
        DrillHandler drills,
        ImpactWork impact,
        SurveyWork survey,
        FullJitter jitter,
        TimeProvider clock,
        ILogger<RestoreHandler> log)
    {
        _options = options;
        _link = link;
        _buffers = buffers;
        _etcd = etcd;
        _files = files;
        _drills = drills;
        _impact = impact;
        _survey = survey;
        _jitter = jitter;
        _clock = clock;
        _log = log;
    }

    public async Task<WorkResult> RunAsync(Work work, WorkMeter meter, CancellationToken cancellationToken)
    {
        meter.Begin("restoring");
        using ChunkDecoder decoder = new(_buffers);
        await using RestoreFeed feed = new(_link, work.WorkId, decoder, _jitter, _clock, _log);
        RestoreReport report = (work.Restore.OptionsCase, work.Restore.Source.Kind) switch
        {
            (RestoreTask.OptionsOneofCase.Survey, SourceKind.Etcd) => await _survey.RunAsync(meter, cancellationToken),
            (RestoreTask.OptionsOneofCase.Impact, SourceKind.Etcd) => await _impact.RunAsync(work.Restore, feed, decoder, meter, cancellationToken),
            (RestoreTask.OptionsOneofCase.Drill, _) => await _drills.RunAsync(work, feed, decoder, meter, cancellationToken),
            (RestoreTask.OptionsOneofCase.Etcd, SourceKind.Etcd) => await RestoreEtcdAsync(work, feed, decoder, meter, cancellationToken),
            (RestoreTask.OptionsOneofCase.Files, SourceKind.Volume or SourceKind.ControlPlaneFiles) =>
                await RestoreFilesAsync(work, feed, decoder, meter, cancellationToken),
            (RestoreTask.OptionsOneofCase.Preview, SourceKind.Volume or SourceKind.ControlPlaneFiles) => await PreviewAsync(work, feed, meter, cancellationToken),
            (RestoreTask.OptionsOneofCase.IntoVolume, SourceKind.Volume) => work.Restore.IntoVolume.Preview
                ? await PreviewAsync(work, feed, meter, cancellationToken)
                : await RestoreFilesAsync(work, feed, decoder, meter, cancellationToken),
            _ => throw new BackupException(FailureCause.InvalidRequest, $"A source of kind {work.Restore.Source.Kind} is not restored with options {work.Restore.OptionsCase}."),
        };
        return new WorkResult { Restore = report };
    }

    private async Task<RestoreReport> RestoreFilesAsync(
        Work work, RestoreFeed feed, ChunkDecoder decoder, WorkMeter meter, CancellationToken cancellationToken)
    {
        using FilesTarget target = _files.Open(work.Restore);
        using FilesRestore restore = new(target, work.WorkId, FilesOptions.Of(work.Restore));
        return await restore.RunAsync(feed, decoder, meter, cancellationToken);
    }

    private async Task<RestoreReport> PreviewAsync(Work work, RestoreFeed feed, WorkMeter meter, CancellationToken cancellationToken)
    {
        using FilesTarget target = _files.Open(work.Restore);
        return await FilesPreview.RunAsync(target, FilesOptions.For(target, work.WorkId, FilesOptions.Of(work.Restore)), feed, meter, cancellationToken);
    }

    private async Task<RestoreReport> RestoreEtcdAsync(
        Work work, RestoreFeed feed, ChunkDecoder decoder, WorkMeter meter, CancellationToken cancellationToken)
    {
        MemberRestorePlan plan = _etcd.Plan(work.WorkId, work.Restore.Etcd);
        EtcdRestoreRecord record = new(_options.StateDirectory, work.WorkId);
        return await new EtcdRestore(plan, record, feed, decoder, meter, _log).RunAsync(cancellationToken);
    }
}
