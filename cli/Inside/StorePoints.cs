using System.Text;
using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Cli.Rescue;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Repository.Restoring;
using K8sBackup.Transport.V1;
using EntryKind = K8sBackup.Model.Trees.EntryKind;

namespace K8sBackup.Cli.Inside;

/// <summary>Restore points of a store that is opened directly, without a coordinator.</summary>
internal sealed class StorePoints : IPointReader
{
    private readonly RescueRepository _repository;

    public StorePoints(RescueRepository repository) => _repository = repository;

    public async Task<RestorePoint> FindAsync(string point, CancellationToken cancellationToken) =>
        PointReference.Usable(await _repository.FindAsync(point, cancellationToken));

    public async Task<bool> CopyAsync(RestorePoint point, Snapshot snapshot, string path, FileTarget target, CancellationToken cancellationToken)
    {
        SourceReference source = new(Words.Of(snapshot.Source.Kind), snapshot.Source.Name, snapshot.Source.Node);
        SnapshotManifest manifest = await _repository.SnapshotAsync(point.Id, source, cancellationToken);
        byte[] wanted = Encoding.UTF8.GetBytes(path);
        bool found = false;
        bool within = false;
        await foreach (ContentItem item in _repository.ContentsAsync(manifest, [wanted], cancellationToken))
        {
            switch (item.Kind)
            {
                case ContentItemKind.Entry:
                    within = item.Entry!.Kind == EntryKind.File && item.Entry.Path.AsSpan().SequenceEqual(wanted);
                    if (within)
                    {
                        target.Begin(path, item.Entry.Size);
                        found = true;
                    }

                    break;
                case ContentItemKind.Data when within:
                    await target.WriteAsync(item.Extent.FileOffset, item.Bytes, cancellationToken);
                    break;
                case ContentItemKind.Loss:
                    throw new BackupException(FailureCause.StoreCorrupt, $"{path} of {manifest.Source} cannot be read: {item.Loss!.Text}");
                default:
                    break;
            }
        }

        return found;
    }

    public void Dispose() => _repository.Dispose();
}
