using System.Runtime.CompilerServices;
using K8sBackup.Coordinator.Catalog;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Restoring;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Delivery;

/// <summary>
/// Makes the restore stream of a snapshot (see <c>RestoreMessage</c>), for agents and operators alike. A chunk that has a frame of its
/// own travels compressed as it is stored, the others as they are in files: the receiver decompresses and hashes, so that this side,
/// which serves all nodes, does neither. What is damaged travels as a loss; a fault of the store itself ends the stream without Done.
/// </summary>
internal sealed class RestoreStream
{
    private readonly SnapshotContents _contents;

    public RestoreStream(OpenRepository repository, ChunkId root, PathSelection selection, bool withoutContent = false) =>
        _contents = new SnapshotContents(repository, root, selection, asStored: true) { WithoutContent = withoutContent };

    /// <summary>True to send a chunk of which several parts are wanted one after the other once; see <see cref="RestoreBatch"/>.</summary>
    public bool PartsOnce { get; init; }

    /// <summary>Called for every loss.</summary>
    public Action<ContentLoss> Lost { get; init; } = _ => { };

    /// <summary>The messages in order, each valid until the next is asked for.</summary>
    /// <exception cref="BackupException">NotFound names the path the snapshot does not have; StoreUnavailable.</exception>
    public async IAsyncEnumerable<Wire.RestoreMessage> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RestoreBatch batch = new(PartsOnce);
        await using IAsyncEnumerator<ContentItem> items = _contents.ReadAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await MoveAsync(items))
        {
            if (items.Current.Loss is { } loss)
            {
                Lost(loss);
            }

            bool isPause = items.Current.Kind == ContentItemKind.Pause;
            if (!isPause)
            {
                batch.Add(items.Current);
            }

            if (batch.IsFull || (isPause && !batch.IsEmpty))
            {
                yield return batch.Take();
            }
        }

        batch.AddDone();
        yield return batch.Take();
    }

    private static async ValueTask<bool> MoveAsync(IAsyncEnumerator<ContentItem> items)
    {
        try
        {
            return await items.MoveNextAsync();
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw StoreFailures.ToBackupException(e);
        }
    }
}
