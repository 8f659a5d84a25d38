using Grpc.Core;
using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.Session;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Failures;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Upload;

/// <summary>
/// Backs up one source: prepares it once, then attempts the upload until it is committed. An attempt reads the whole
/// source again; what is durable from earlier ones is not sent again.
/// </summary>
internal sealed class BackupHandler : IWorkHandler
{
    // With full jitter of up to a minute, fifteen fruitless attempts in a row bridge about six minutes without a
    // coordinator; the run's own patience is the coordinator's business.
    private const int FruitlessAttemptsMax = 15;

    // Attempts that get something durable each time still end: a stream that breaks a hundred times is no accident.
    private const int AttemptsMax = 100;

    private readonly CoordinatorLink _link;
    private readonly BackupSources _sources;
    private readonly BufferPool _buffers;
    private readonly FrameSealer _sealer;
    private readonly FullJitter _jitter;
    private readonly TimeProvider _clock;
    private readonly ILogger<BackupHandler> _log;

    public BackupHandler(
        CoordinatorLink link,
        BackupSources sources,
        BufferPool buffers,
        FrameSealer sealer,
        FullJitter jitter,
        TimeProvider clock,
        ILogger<BackupHandler> log)
    {
        _link = link;
        _sources = sources;
        _buffers = buffers;
        _sealer = sealer;
        _jitter = jitter;
        _clock = clock;
        _log = log;
    }

    // Hashing and compressing are the agent's whole work; the node's pods have the other cores.
    private static int Workers => Math.Clamp(Environment.ProcessorCount, 1, 4);

    public async Task<WorkResult> RunAsync(Work work, WorkMeter meter, CancellationToken cancellationToken)
    {
        await using IBackupSource source = _sources.Create(work.Backup);
        await source.PrepareAsync(meter, cancellationToken);
        int fruitless = 0;
        for (int attempt = 1; ; attempt++)
        {
            AttemptState state = new();
            Task nextSession = _link.NextSession;
            try
            {
                Committed committed = await AttemptAsync(work.WorkId, source, meter, state, cancellationToken);
                return new WorkResult { Backup = new BackupResult { SnapshotId = committed.SnapshotId } };
            }
            catch (Exception e) when (UploadFaults.IsTransient(e) && !cancellationToken.IsCancellationRequested)
            {
                fruitless = state.MadeProgress ? 0 : fruitless + 1;
                string cause = e is RpcException rpc ? RpcFailures.ToFailure(rpc).Message : e.Message;
                if (fruitless >= FruitlessAttemptsMax || attempt >= AttemptsMax)
                {
                    throw new BackupException(FailureCause.NodeUnavailable, $"The upload broke {attempt} times, lastly: {cause}", e);
                }

                UploadLog.AttemptBroke(_log, work.WorkId, attempt, cause);
                await _jitter.WaitAsync(fruitless, nextSession, cancellationToken);
            }
        }
    }

    private async Task<Committed> AttemptAsync(
        string workId, IBackupSource source, WorkMeter meter, AttemptState state, CancellationToken cancellationToken)
    {
        using ChannelLease lease = _link.Lease();
        Transport.V1.Upload.UploadClient client = new(lease.Channel);
        using KnownChunkSet known = new();
        await using UploadStream stream = await UploadStream.OpenAsync(client, workId, known, _buffers, meter, _clock, cancellationToken);
        try
        {
            await using ParentReader parent = ParentReader.Open(client, workId, stream.Terms, known, _log, cancellationToken);
            await using ChunkPipeline chunks = new(stream, known, _buffers, _sealer, Workers, cancellationToken);
            Finish finish;
            try
            {
                finish = await source.CaptureAsync(new CaptureContext(workId, stream.Terms, chunks, known, parent, meter, _log), cancellationToken);
                await chunks.CompleteAsync();
            }
            catch (OperationCanceledException e)
            {
                // A broken pipeline shows itself as cancellation to those who wait for it; its own fault says more.
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(chunks.Fault(e));
                throw;
            }

            finish.Counts.SentBytes = chunks.SentBytes;
            finish.ParentSnapshotId = stream.Terms.ParentSnapshotId;
            finish.AgentVersion = AgentVersion.Text;
            meter.Begin("committing");
            Committed committed = await stream.FinishAsync(finish);
            UploadLog.Committed(_log, workId, committed.SnapshotId, finish.Counts.Entries, finish.Counts.SentBytes);
            return committed;
        }
        finally
        {
            state.MadeProgress = stream.DurableSeq > 0;
        }
    }

    private sealed class AttemptState
    {
        public bool MadeProgress { get; set; }
    }
}
