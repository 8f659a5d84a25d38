using System.Threading.Channels;
using Grpc.Core;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Model.Outcomes;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Checking;
using K8sBackup.Repository.Keys;
using Microsoft.Extensions.Logging;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Catalog;

/// <summary>The operator's call that checks the repository. One at a time: it reads much.</summary>
public sealed class RepositoryCheck
{
    private readonly IObjectStore _store;
    private readonly MasterKeys _keys;
    private readonly RepositoryAccess _access;
    private readonly TimeProvider _clock;
    private readonly ILogger<RepositoryCheck> _log;
    private readonly MaintenanceGate _gate;
    private readonly MaintenanceOutcomes _outcomes;

    public RepositoryCheck(
        IObjectStore store,
        MasterKeys keys,
        RepositoryAccess access,
        MaintenanceGate gate,
        MaintenanceOutcomes outcomes,
        TimeProvider clock,
        ILogger<RepositoryCheck> log)
    {
        _outcomes = outcomes;
        _access = access;
        _store = store;
        _keys = keys;
        _gate = gate;
        _clock = clock;
        _log = log;
    }

    /// <summary>Progress while it goes on, the latest only when the caller is slow; the result last.</summary>
    public async Task CheckAsync(Wire.CheckRequest request, IServerStreamWriter<Wire.CheckMessage> responses, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responses);
        ArgumentNullException.ThrowIfNull(context);
        if (request.ReadDataPercent is not (>= 0 and <= 100))
        {
            throw new BackupException(FailureCause.InvalidRequest, "The share of data to read is a percentage up to 100.");
        }

        using IDisposable turn = _gate.Enter("a check");
        CatalogLog.CheckBegan(_log, CallerIdentity.Of(context).Name, request.ReadData);
        CheckReport report = await RunAsync(request, responses, context.CancellationToken);
        CatalogLog.CheckEnded(_log, report.ProblemCount, report.Packs + report.IndexSegments);
        await responses.WriteAsync(new Wire.CheckMessage { Result = CheckMapping.ToWire(report) }, context.CancellationToken);
    }

    /// <summary>A check that nobody asked for; null when another one, or a prune, goes on.</summary>
    internal async Task<CheckReport?> RunScheduledAsync(double readDataPercent, TimeSpan? readDataOlderThan, CancellationToken cancellationToken)
    {
        using IDisposable? turn = _gate.TryEnter("a check");
        CheckOptions options = new() { ReadDataPercent = readDataPercent, ReadDataOlderThan = readDataOlderThan, RecordCoverage = readDataPercent > 0 };
        return turn is null ? null : await RunAsync(options, null, cancellationToken);
    }

    // What it finds is used at once: damaged packs are not referred to any more, and their chunks are stored again.
    private async Task<CheckReport> RunAsync(CheckOptions options, IProgress<CheckProgress>? progress, CancellationToken cancellationToken)
    {
        CheckReport report = await RepositoryChecker.RunAsync(_store, _keys, options, _clock, progress, cancellationToken);
        _outcomes.Note(report);
        using RepositoryLease lease = _access.Enter();
        await lease.Repository.DistrustAsync(report, cancellationToken);
        return report;
    }

    private async Task<CheckReport> RunAsync(
        Wire.CheckRequest request, IServerStreamWriter<Wire.CheckMessage> responses, CancellationToken cancellationToken)
    {
        Channel<CheckProgress> steps = Channel.CreateBounded<CheckProgress>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        Task<CheckReport> checking = Task.Run(
            async () =>
            {
                try
                {
                    double percent = request.ReadDataPercent > 0 ? request.ReadDataPercent : request.ReadData ? 100 : 0;
                    CheckOptions options = new() { ReadDataPercent = percent, RecordCoverage = percent > 0 };
                    return await RunAsync(options, new LatestProgress(steps.Writer), cancellationToken);
                }
                finally
                {
                    steps.Writer.Complete();
                }
            },
            CancellationToken.None);
        try
        {
            await foreach (CheckProgress step in steps.Reader.ReadAllAsync(cancellationToken))
            {
                Wire.Progress progress = new() { Phase = step.Phase, FilesDone = step.Done, FilesTotal = step.Total };
                await responses.WriteAsync(new Wire.CheckMessage { Progress = progress }, cancellationToken);
            }

            return await checking;
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw StoreFailures.ToBackupException(e);
        }
        finally
        {
            await checking.ContinueWith(
                static ended => _ = ended.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    // Not Progress<T>, which reports on the thread pool and so in any order.
    private sealed class LatestProgress(ChannelWriter<CheckProgress> steps) : IProgress<CheckProgress>
    {
        public void Report(CheckProgress value) => steps.TryWrite(value);
    }
}
