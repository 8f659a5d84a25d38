using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Repository.Reading;

namespace K8sBackup.Repository.Writing;

/// <summary>Proves that everything a manifest references is there before the manifest is.</summary>
internal static class ManifestValidator
{
    /// <summary>Reads the chunk list back from the store and looks up every chunk: about a second per million chunks.</summary>
    /// <exception cref="ManifestRejectedException">Something is missing.</exception>
    public static async Task ValidateAsync(
        OpenRepository repository, SnapshotManifest manifest, WriterSession session, CancellationToken cancellationToken)
    {
        bool rootListed = false;
        RefreshOnMiss refresh = new(repository);
        try
        {
            await foreach (ChunkId chunk in ChunkListReader.ReadAsync(new ChunkReader(repository), manifest, cancellationToken))
            {
                rootListed |= chunk == manifest.Root;
                await RequireReferableAsync(repository, refresh, manifest, session, chunk, cancellationToken);
            }

            foreach (ChunkId list in manifest.ChunkList)
            {
                await RequireReferableAsync(repository, refresh, manifest, session, list, cancellationToken);
            }
        }
        catch (RepositoryCorruptException e)
        {
            throw new ManifestRejectedException($"The chunk list of snapshot {manifest.Id} cannot be read", e);
        }

        if (!rootListed)
        {
            throw new ManifestRejectedException($"The chunk list of snapshot {manifest.Id} lacks its root {manifest.Root}");
        }
    }

    /// <exception cref="ManifestRejectedException">A snapshot is missing, damaged, or of another source.</exception>
    public static async Task ValidateAsync(OpenRepository repository, RestorePointManifest manifest, CancellationToken cancellationToken)
    {
        int snapshots = 0;
        foreach (SourceResult source in manifest.Sources)
        {
            if (source.Snapshot is not SnapshotId id)
            {
                continue;
            }

            snapshots++;
            SnapshotManifest? snapshot;
            try
            {
                snapshot = await repository.Catalog.GetSnapshotAsync(id, cancellationToken);
            }
            catch (RepositoryCorruptException e)
            {
                throw new ManifestRejectedException($"Restore point {manifest.Id} names snapshot {id}, which is damaged", e);
            }

            if (snapshot?.Source != source.Source)
            {
                throw new ManifestRejectedException(
                    $"Restore point {manifest.Id} names snapshot {id} of {source.Source}, which {(snapshot is null ? "does not exist" : $"is of {snapshot.Source}")}");
            }
        }

        if (snapshots == 0)
        {
            throw new ManifestRejectedException($"Restore point {manifest.Id} has no snapshot");
        }
    }

    private static async ValueTask RequireReferableAsync(
        OpenRepository repository,
        RefreshOnMiss refresh,
        SnapshotManifest manifest,
        WriterSession session,
        ChunkId chunk,
        CancellationToken cancellationToken)
    {
        if (!session.MayRefer(chunk) && !(await refresh.TryAsync(cancellationToken) && session.MayRefer(chunk)))
        {
            throw new ManifestRejectedException(repository.Contains(chunk)
                ? $"Snapshot {manifest.Id} needs chunk {chunk}, which was condemned before the upload began"
                : $"Snapshot {manifest.Id} needs chunk {chunk}, which is not in the repository");
        }
    }
}
