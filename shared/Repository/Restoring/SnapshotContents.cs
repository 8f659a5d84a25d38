using System.Runtime.CompilerServices;
using System.Threading.Channels;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;
using K8sBackup.Model.Trees;
using K8sBackup.Repository.Reading;

namespace K8sBackup.Repository.Restoring;

/// <summary>
/// Reads what a selection of a snapshot holds, in tree order: every entry, its data in ascending offsets, its end. One window is
/// handed out while the next is read and a third is planned, which bounds the memory at about 24 MiB: 4 for each, and as
/// much for what is read of packs meanwhile. What is damaged comes as a loss and costs nothing but itself.
/// </summary>
public sealed class SnapshotContents
{
    // A path of blocks and the neighbours in their frames.
    private const int TreeCacheBytes = 4 << 20;

    private readonly OpenRepository _repository;
    private readonly ChunkReader _chunks;
    private readonly ChunkId _root;
    private readonly PathSelection _selection;
    private readonly bool _asStored;

    /// <param name="repository">Where to read.</param>
    /// <param name="root">Root of the snapshot's tree.</param>
    /// <param name="selection">What of it is wanted.</param>
    /// <param name="asStored">True for chunks as <see cref="ReadForm.AsStored"/> says: somebody else decompresses and hashes them.</param>
    public SnapshotContents(OpenRepository repository, ChunkId root, PathSelection selection, bool asStored = false)
    {
        _asStored = asStored;
        _repository = repository;
        _chunks = new ChunkReader(repository, TreeCacheBytes);
        _root = root;
        _selection = selection;
    }

    /// <summary>Only entries and their ends.</summary>
    public bool WithoutContent { get; init; }

    /// <summary>The items in order.</summary>
    /// <exception cref="BackupException">NotFound names the path the snapshot does not have.</exception>
    /// <exception cref="ObjectStore.ObjectStoreException">The store cannot be read.</exception>
    public async IAsyncEnumerable<ContentItem> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Channel<ReadWindow> windows = Channel.CreateBounded<ReadWindow>(1);
        Task planning = Task.Run(() => PlanAsync(windows.Writer, stop.Token), CancellationToken.None);
        try
        {
            ContentCursor cursor = new();
            await foreach (ReadWindow window in windows.Reader.ReadAllAsync(cancellationToken))
            {
                await window.Reading;
                foreach (WindowPiece piece in window.Pieces)
                {
                    if (cursor.EndBefore(piece) is { } end)
                    {
                        yield return end;
                    }

                    if (cursor.Take(piece, window) is { } item)
                    {
                        yield return item;
                    }
                }

                yield return ContentItem.OfPause();
                window.Dispose();
            }

            if (cursor.End() is { } last)
            {
                yield return last;
            }
        }
        finally
        {
            await stop.CancelAsync();
            await planning;
        }
    }

    private async Task PlanAsync(ChannelWriter<ReadWindow> windows, CancellationToken cancellationToken)
    {
        ReadWindow window = new(_repository.LengthOf);
        try
        {
            await foreach ((TreeEntry? entry, ContentLoss? loss) in new SelectedEntries(_chunks, _root, _selection).ReadAsync(cancellationToken))
            {
                if (entry is null)
                {
                    window.Add(loss!);
                    continue;
                }

                window.Add(entry);
                window = WithoutContent ? window : await PlanContentAsync(windows, window, entry, cancellationToken);
                window = await PassOnAsync(windows, window, cancellationToken);
            }

            window.Begin(_repository, _asStored, cancellationToken);
            await windows.WriteAsync(window, cancellationToken);
            windows.Complete();
        }
#pragma warning disable CA1031 // Not swallowed: the reader of the channel gets it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            windows.Complete(e);
        }
    }

    private async ValueTask<ReadWindow> PlanContentAsync(
        ChannelWriter<ReadWindow> windows, ReadWindow window, TreeEntry entry, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (Extent extent in new FileContentReader(_chunks).ExtentsAsync(entry.Content, entry.Size, cancellationToken))
            {
                window.Add(extent);
                window = await PassOnAsync(windows, window, cancellationToken);
            }
        }
        catch (Exception e) when (ContentLoss.IsDamage(e))
        {
            window.Add(new ContentLoss(e, null));
        }

        return window;
    }

    private async ValueTask<ReadWindow> PassOnAsync(ChannelWriter<ReadWindow> windows, ReadWindow window, CancellationToken cancellationToken)
    {
        if (!window.IsFull)
        {
            return window;
        }

        await windows.WaitToWriteAsync(cancellationToken);
        window.Begin(_repository, _asStored, cancellationToken);
        await windows.WriteAsync(window, cancellationToken);
        return new ReadWindow(_repository.LengthOf);
    }
}
