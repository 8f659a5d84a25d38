using System.Runtime.CompilerServices;
using System.Threading.Channels;
using K8sBackup.Coordinator.Catalog;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;
using K8sBackup.Model.Trees;
using K8sBackup.Repository.Reading;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Delivery;

/// <summary>
/// Makes the restore stream of a snapshot (see <c>RestoreMessage</c>), for agents and operators alike. One window is
/// sent while the next is read and a third is planned, which bounds a stream's memory at about 24 MiB. Chunks travel
/// as they are in files: sender and receiver are in one cluster, and compressing again would cost more than it saves.
/// A fault ends the stream without Done.
/// </summary>
internal sealed class RestoreStream
{
    private readonly OpenRepository _repository;
    private readonly TreeReader _tree;
    private readonly FileContentReader _contents;
    private readonly PathSelection _selection;

    public RestoreStream(OpenRepository repository, ChunkId root, PathSelection selection)
    {
        ChunkReader chunks = new(repository, 4 << 20);
        _repository = repository;
        _tree = new TreeReader(chunks, root);
        _contents = new FileContentReader(chunks);
        _selection = selection;
    }

    /// <summary>The messages in order.</summary>
    /// <exception cref="BackupException">
    /// NotFound names the path the snapshot does not have; StoreCorrupt names the file and the damaged object.
    /// </exception>
    public async IAsyncEnumerable<Wire.RestoreMessage> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Channel<RestoreWindow> windows = Channel.CreateBounded<RestoreWindow>(1);
        Task planning = Task.Run(() => PlanAsync(windows.Writer, stop.Token), CancellationToken.None);
        try
        {
            RestoreBatch batch = new();
            TreeEntry? current = null;
            await foreach (RestoreWindow window in windows.Reader.ReadAllAsync(cancellationToken))
            {
                await CompleteAsync(window);
                foreach (RestorePiece piece in window.Pieces)
                {
                    current = Add(batch, window, piece, current);
                    if (batch.IsFull)
                    {
                        yield return batch.Take();
                    }
                }
            }

            batch.AddEnd(current);
            batch.AddDone();
            yield return batch.Take();
        }
        finally
        {
            await stop.CancelAsync();
            await planning;
        }
    }

    private static async Task CompleteAsync(RestoreWindow window)
    {
        try
        {
            await window.Reading;
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw StoreFailures.ToBackupException(e);
        }
    }

    private static TreeEntry Add(RestoreBatch batch, RestoreWindow window, RestorePiece piece, TreeEntry? current)
    {
        if (piece.Entry is { } entry)
        {
            batch.AddEnd(current);
            batch.AddEntry(entry);
            return entry;
        }

        PlannedChunk chunk = window.ChunkOf(piece);
        if (chunk.Damage is not null)
        {
            throw Damaged(current, chunk.Damage);
        }

        if ((long)piece.Extent.ChunkOffset + piece.Extent.Length > chunk.Plaintext.Length)
        {
            throw new BackupException(
                FailureCause.StoreCorrupt,
                $"'{TreePath.Display(current!.Path)}' wants more of chunk {chunk.Id} than its {chunk.Plaintext.Length} bytes.");
        }

        batch.AddData(piece.Extent, chunk.Plaintext);
        return current!;
    }

    private static BackupException Damaged(TreeEntry? file, Exception fault)
    {
        Failure failure = StoreFailures.ToBackupException(fault).Failure;
        string what = file is null ? "The tree of the snapshot" : $"'{TreePath.Display(file.Path)}'";
        return new BackupException(failure with { Message = $"{what} cannot be read. {failure.Message}" }, fault);
    }

    private async Task PlanAsync(ChannelWriter<RestoreWindow> windows, CancellationToken cancellationToken)
    {
        TreeEntry? current = null;
        RestoreWindow window = new(_repository.LengthOf);
        try
        {
            await foreach (TreeEntry entry in new SelectedEntries(_tree, _selection).ReadAsync(cancellationToken))
            {
                current = entry;
                window.Add(entry);
                await foreach (Extent extent in _contents.ExtentsAsync(entry.Content, entry.Size, cancellationToken))
                {
                    window.Add(extent);
                    window = await PassOnAsync(windows, window, cancellationToken);
                }

                window = await PassOnAsync(windows, window, cancellationToken);
                current = null;
            }

            window.Begin(_repository, cancellationToken);
            await windows.WriteAsync(window, cancellationToken);
            windows.Complete();
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            windows.Complete(Damaged(current, e));
        }
#pragma warning disable CA1031 // Not swallowed: the reader of the channel gets it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            windows.Complete(e);
        }
    }

    private async ValueTask<RestoreWindow> PassOnAsync(ChannelWriter<RestoreWindow> windows, RestoreWindow window, CancellationToken cancellationToken)
    {
        if (!window.IsFull)
        {
            return window;
        }

        await windows.WaitToWriteAsync(cancellationToken);
        window.Begin(_repository, cancellationToken);
        await windows.WriteAsync(window, cancellationToken);
        return new RestoreWindow(_repository.LengthOf);
    }
}
