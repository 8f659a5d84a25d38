using Grpc.Core;
using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Repository.Reading;
using K8sBackup.Transport.Payloads;
using K8sBackup.Transport.V1;
using Failure = K8sBackup.Model.Outcomes.Failure;

namespace K8sBackup.Coordinator.Ingest;

/// <summary>
/// The way in for agents. What a caller may do follows from the work it names, never from what it says about itself;
/// after that, see <see cref="UploadSession"/>.
/// </summary>
[BindServiceMethod(typeof(UploadBinding), nameof(UploadBinding.Bind))]
public sealed class UploadService : Upload.UploadBase, IDisposable
{
    private const int CacheBytes = 4 << 20;

    private readonly UploadServices _services;
    private readonly UploadSlots _slots;
    private readonly SnapshotCommit _commit;
    private readonly ParentChoice _parents;

    public UploadService(UploadServices services)
    {
        ArgumentNullException.ThrowIfNull(services);
        _services = services;
        _slots = new UploadSlots(services.Limits.UploadsMax);
        _parents = new ParentChoice(services);
        _commit = new SnapshotCommit(services, _parents);
    }

    public override async Task Send(
        IAsyncStreamReader<UploadRequest> requestStream, IServerStreamWriter<UploadResponse> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        MessageReader messages = new(requestStream, _services.Clock);
        UploadRequest? first = await messages.NextAsync(_services.Limits.HeaderTimeout, context.CancellationToken);
        if (first?.Header is not { } header)
        {
            throw new BackupException(FailureCause.ProtocolViolation, "The first message of an upload is its header.");
        }

        WorkItem item = RequireBackup(header.WorkId, context);
        using UploadSlots.Slot slot = await EnterAsync(item, context.CancellationToken);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(
            context.CancellationToken, item.Cancellation, slot.Superseded);
        UploadSession session = new(_services, item, _commit, _parents, messages, responseStream);
        try
        {
            await session.RunAsync(end.Token);
        }
        catch (Exception e) when (End(e, item, slot) is { } ended)
        {
            IngestLog.Ended(_services.Log, item.Source.ToString(), item.WorkId, session.Frames, ended.Message);
            throw ended;
        }
    }

    public override async Task ReadParent(
        ReadParentRequest request, IServerStreamWriter<ParentMessage> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        WorkItem item = RequireBackup(request.WorkId, context);
        RequireUnfinished(item);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, item.Cancellation);
        SnapshotManifest parent = await _parents.OfAsync(item, end.Token)
            ?? throw new BackupException(FailureCause.NotFound, "The source has no earlier snapshot.").At(item.Node, item.Source.ToString());
        using RepositoryLease lease = _services.Access.Enter();
        try
        {
            await new ParentStream(new ChunkReader(lease.Repository, CacheBytes), responseStream).SendAsync(parent.Root, end.Token);
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            IngestLog.ParentUnusable(_services.Log, parent.Id.ToString(), item.Source.ToString(), e.Message);
            throw lease.Translate(e).At(item.Node, item.Source.ToString());
        }
    }

    public void Dispose() => _commit.Dispose();

    private static void RequireUnfinished(WorkItem item)
    {
        if (item.Completion.IsCompleted)
        {
            throw new RpcException(new Status(StatusCode.NotFound, "The work is over."));
        }
    }

    // What the agent is told; null for what is not to be translated.
    private static Exception? End(Exception fault, WorkItem item, UploadSlots.Slot slot) => fault switch
    {
        OperationCanceledException when item.Cancellation.IsCancellationRequested =>
            new BackupException(new Failure(item.Node, item.Source.ToString(), FailureCause.Cancelled, "The backup was cancelled."), fault),
        OperationCanceledException when slot.Superseded.IsCancellationRequested => UploadRefusal.Superseded(item.Source),
        OperationCanceledException => null,
        BackupException expected => expected.At(item.Node, item.Source.ToString()),
        RpcException refusal => refusal,
        _ => null,
    };

    private WorkItem RequireBackup(string workId, ServerCallContext context)
    {
        WorkItem item = WorkAccess.Require(_services.Board, workId, CallerIdentity.Of(context));
        return item.Backup is not null ? item : throw new RpcException(new Status(StatusCode.PermissionDenied, "The work is no backup."));
    }

    private async Task<UploadSlots.Slot> EnterAsync(WorkItem item, CancellationToken cancellationToken)
    {
        try
        {
            return await _slots.EnterAsync(item.WorkId, cancellationToken)
                ?? throw new RpcException(new Status(StatusCode.Unavailable, "Too many uploads are going on; try again later."));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw UploadRefusal.Superseded(item.Source);
        }
    }
}
