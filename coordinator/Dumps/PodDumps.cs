using System.Text;
using Google.Protobuf;
using Grpc.Core;
using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Hooks;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.Ingest;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Model.Trees;
using K8sBackup.Repository.Writing;
using K8sBackup.Transport.Failures;
using K8sBackup.Transport.Mapping;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Dumps;

/// <summary>
/// Streams the output of commands in pods into the repository, each as one file, and commits a snapshot when the command succeeded: with the same
/// ledger, proof and manifest as what agents upload. Nothing is spooled; what a failed command wrote is in no snapshot, and goes with a later prune.
/// Memory: 4 MiB a dump, and what a writer and a verification take.
/// </summary>
public sealed class PodDumps : IPodDumps, IDisposable
{
    private const int DirectoryMode = 0x1C0;
    private const int FileMode = 0x180;

    private readonly UploadServices _services;
    private readonly IPodCommands _commands;
    private readonly SnapshotCommit _commit;

    public PodDumps(UploadServices services, IPodCommands commands)
    {
        _services = services;
        _commands = commands;
        _commit = new SnapshotCommit(services, new ParentChoice(services));
    }

    public async Task TakeAsync(WorkItem item, Action<string> note, CancellationToken stopping)
    {
        ArgumentNullException.ThrowIfNull(item);
        ArgumentNullException.ThrowIfNull(note);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(stopping, item.Cancellation);
        try
        {
            await CaptureAsync(item, note, end.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            DumpLog.BrokenOff(_services.Log, item.Source.ToString());
            throw;
        }
        catch (OperationCanceledException) when (item.Cancellation.IsCancellationRequested)
        {
            Fail(item, new Failure("", "", FailureCause.Cancelled, "The backup was cancelled."));
        }
        catch (BackupException e)
        {
            Fail(item, e.Failure);
        }
        catch (RpcException e)
        {
            // As an agent would be told.
            Fail(item, RpcFailures.ToFailure(e));
        }
#pragma warning disable CA1031 // The boundary of one source: a defect met in it fails it and nothing else.
        catch (Exception e)
#pragma warning restore CA1031
        {
            DumpLog.Defect(_services.Log, item.Source.ToString(), e);
            Fail(item, new Failure("", "", FailureCause.Internal, "The coordinator met a defect; its log has the details."));
        }
    }

    public void Dispose() => _commit.Dispose();

    private void Fail(WorkItem item, Failure failure)
    {
        DumpLog.Ended(_services.Log, item.Source.ToString(), item.Progress.BytesDone, failure.Message);
        _services.Board.ReportResult(item.WorkId, new WorkOutcome.Failed(failure with { Node = item.Source.Node, Source = item.Source.ToString() }));
    }

    private async Task CaptureAsync(WorkItem item, Action<string> note, CancellationToken cancellationToken)
    {
        using RepositoryLease lease = await _services.Access.EnterToWriteAsync(cancellationToken);

        // Before the first chunk is looked up: from here on no prune takes it away.
        using WriterSession uploading = lease.Writer.BeginUpload();
        using UploadLedger ledger = UploadLedger.Open(_services.LedgerDirectory, item.WorkId);
        LedgerRemoval.WhenOver(_services, item);
        try
        {
            DumpChunks chunks = new(lease, ledger, _services.Limits.ChunksMax);
            await using DumpStream output = new(chunks, lease.Repository.CutterKey, bytes => Report(item, "dumping", bytes));
            await RunAsync(item, output, note, cancellationToken);
            Report(item, "committing", output.Length);
            Wire.Finish finish = await FinishAsync(item, chunks, output, cancellationToken);
            await chunks.MakeDurableAsync(cancellationToken);
            await _commit.CommitAsync(item, lease, uploading, ledger, finish, chunks.Bytes, cancellationToken);
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw lease.Translate(e);
        }
    }

    private async Task RunAsync(WorkItem item, DumpStream output, Action<string> note, CancellationToken cancellationToken)
    {
        PodDump dump = item.Dump!;
        DumpLog.Began(_services.Log, item.Source.ToString(), dump.Command.Label, dump.Pod.ToString());
        using CommandOutput streams = new(output);
        using CancellationTokenSource limit = new(dump.Command.Timeout, _services.Clock);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        CommandOutcome? outcome = null;
        try
        {
            outcome = await _commands.RunAsync(dump.Pod, dump.Command, streams, either.Token);
            if (outcome is CommandOutcome.Unreachable && limit.IsCancellationRequested)
            {
                // The client minds the same time; which of both noticed first does not matter.
                outcome = null;
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // Its time is over.
        }

        DumpVerdict verdict = DumpVerdict.Of(dump, outcome, streams.ErrorText, output.Length);
        if (verdict.Failure is { } failure)
        {
            throw new BackupException(failure.Cause, failure.Message);
        }

        if (verdict.Note is { } said)
        {
            note(said);
        }
    }

    private async Task<Wire.Finish> FinishAsync(WorkItem item, DumpChunks chunks, DumpStream output, CancellationToken cancellationToken)
    {
        PodDump dump = item.Dump!;
        FileContent content = await output.FinishAsync(cancellationToken);
        UnixTime time = new(_services.Clock.GetUtcNow().ToUnixTimeSeconds(), 0);
        TreeWriter tree = new(chunks);
        await tree.AddAsync(
            new TreeEntry { Path = [], Kind = EntryKind.Directory, Mode = DirectoryMode, ModifiedAt = time, ChangedAt = time }, cancellationToken);
        await tree.AddAsync(
            new TreeEntry
            {
                Path = Encoding.UTF8.GetBytes(dump.File),
                Kind = EntryKind.File,
                Mode = FileMode,
                Size = output.Length,
                ModifiedAt = time,
                ChangedAt = time,
                Content = content,
            },
            cancellationToken);
        TreeRoot root = await tree.FinishAsync(cancellationToken);
        return new Wire.Finish
        {
            Root = ByteString.CopyFrom(root.Block.ToArray()),
            Outcome = SourceMapping.ToWire(SnapshotOutcome.Completed),
            SourcePath = $"{dump.Pod}: {dump.Command.Label}",
            AgentVersion = CoordinatorVersion.Text,
        };
    }

    private void Report(WorkItem item, string phase, long bytes) =>
        _services.Board.ReportProgress(item.WorkId, new WorkProgress { Phase = phase, BytesDone = bytes, FilesTotal = 1 });
}
