using System.Threading.Channels;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Repository.Pruning;
using K8sBackup.Repository.Snapshots;
using K8sBackup.Repository.Writing;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Retention;

/// <summary>The operator's calls about retention, pins and prune.</summary>
public sealed class RetentionCalls
{
    private readonly RepositoryAccess _access;
    private readonly PointCatalog _points;
    private readonly RetentionReview _review;
    private readonly PruneService _prune;
    private readonly PruneSettings _settings;
    private readonly TimeProvider _clock;

    public RetentionCalls(
        RepositoryAccess access, PointCatalog points, RetentionReview review, PruneService prune, PruneSettings settings, TimeProvider clock)
    {
        _access = access;
        _points = points;
        _review = review;
        _prune = prune;
        _settings = settings;
        _clock = clock;
    }

    public async Task ExplainAsync(
        Wire.ExplainRetentionRequest request, IServerStreamWriter<Wire.RetentionVerdict> responses, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responses);
        ArgumentNullException.ThrowIfNull(context);
        await foreach (ReviewedPoint point in _review.ExplainAsync(request.Plan, context.CancellationToken))
        {
            Wire.RetentionVerdict verdict = new()
            {
                PointId = point.Id.ToString(),
                Plan = point.Plan,
                CreatedAt = Timestamp.FromDateTimeOffset(point.Id.Value.CreatedAt),
                Stays = point.Stays,
                Reasons = { point.Reasons },
                Good = { point.GoodKinds.Order().Select(SourceKey.KindName) },
            };
            await responses.WriteAsync(verdict, context.CancellationToken);
        }
    }

    public async Task<Wire.PinPointResponse> PinAsync(Wire.PinPointRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        if (request.Reason.Length > RestorePointPin.ReasonLengthMax)
        {
            throw new BackupException(FailureCause.InvalidRequest, $"A reason has at most {RestorePointPin.ReasonLengthMax} characters.");
        }

        RestorePointManifest point = await _points.ResolveAsync(request.PointId, context.CancellationToken);
        RestorePointPin pin = new(point.Id, _clock.GetUtcNow(), CallerIdentity.Of(context).Name, request.Reason);
        bool isNew = await WriteAsync(writer => writer.PinAsync(pin, context.CancellationToken), context.CancellationToken);
        return new Wire.PinPointResponse { PointId = point.Id.ToString(), IsNew = isNew };
    }

    public async Task<Wire.UnpinPointResponse> UnpinAsync(Wire.UnpinPointRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        RestorePointManifest point = await _points.ResolveAsync(request.PointId, context.CancellationToken);
        bool wasPinned = await WriteAsync(writer => writer.UnpinAsync(point.Id, context.CancellationToken), context.CancellationToken);
        return new Wire.UnpinPointResponse { PointId = point.Id.ToString(), WasPinned = wasPinned };
    }

    /// <summary>Progress while it goes on, the latest only when the caller is slow; the result last.</summary>
    public async Task PruneAsync(Wire.PruneRequest request, IServerStreamWriter<Wire.PruneMessage> responses, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responses);
        ArgumentNullException.ThrowIfNull(context);
        PruneOrder order = OrderOf(request, CallerIdentity.Of(context).Name);
        Channel<PruneProgress> steps = Channel.CreateBounded<PruneProgress>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        Task<PruneReport> pruning = Task.Run(() => RunAsync(order, steps.Writer, end.Token), CancellationToken.None);
        try
        {
            await foreach (PruneProgress step in steps.Reader.ReadAllAsync(end.Token))
            {
                Wire.Progress progress = new() { Phase = step.Phase, FilesDone = step.Done, FilesTotal = step.Total, BytesDone = step.Bytes };
                await responses.WriteAsync(new Wire.PruneMessage { Progress = progress }, end.Token);
            }

            await responses.WriteAsync(new Wire.PruneMessage { Result = PruneMapping.ToWire(await pruning) }, end.Token);
        }
        finally
        {
            // Whoever leaves early still waits until nothing is deleted any more.
            await end.CancelAsync();
            await pruning.ContinueWith(
                static ended => _ = ended.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private PruneOrder OrderOf(Wire.PruneRequest request, string who)
    {
        if (request is { HasRepackThresholdPercent: true, RepackThresholdPercent: < 0 or > 95 })
        {
            throw new BackupException(FailureCause.InvalidRequest, "The repack threshold is 0 (never) to 95 percent.");
        }

        PruneOptions options = request.HasRepackThresholdPercent
            ? _settings.Options with { RepackThresholdPercent = request.RepackThresholdPercent }
            : _settings.Options;
        HashSet<RestorePointId>? only = null;
        foreach (string text in request.Only?.Ids ?? [])
        {
            only ??= [];
            only.Add(RestorePointId.TryParse(text, out RestorePointId id)
                ? id
                : throw new BackupException(FailureCause.InvalidRequest, "What may be pruned is named by whole ids of restore points."));
        }

        only = request.Only is null ? null : only ?? [];
        return new PruneOrder(who, options) { Execute = !request.DryRun, TrustClock = request.TrustClock, Only = only };
    }

    private async Task<PruneReport> RunAsync(PruneOrder order, ChannelWriter<PruneProgress> steps, CancellationToken cancellationToken)
    {
        try
        {
            return await _prune.RunAsync(order, new LatestProgress(steps), cancellationToken);
        }
        finally
        {
            steps.Complete();
        }
    }

    private async Task<T> WriteAsync<T>(Func<RepositoryWriter, Task<T>> write, CancellationToken cancellationToken)
    {
        using RepositoryLease lease = await _access.EnterToWriteAsync(cancellationToken);
        try
        {
            return await write(lease.Writer);
        }
        catch (ManifestRejectedException e)
        {
            throw new BackupException(FailureCause.NotFound, e.Message, e);
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw lease.Translate(e);
        }
    }

    // Not Progress<T>, which reports on the thread pool and so in any order.
    private sealed class LatestProgress(ChannelWriter<PruneProgress> steps) : IProgress<PruneProgress>
    {
        public void Report(PruneProgress value) => steps.TryWrite(value);
    }
}
