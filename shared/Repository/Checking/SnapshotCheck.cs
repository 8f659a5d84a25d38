using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Trees;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Snapshots;

namespace K8sBackup.Repository.Checking;

/// <summary>
/// Checks what manifests reference: chunk lists, trees, every chunk of them indexed and in a readable frame; the tree needs no chunk the list
/// lacks, and takes no bytes a chunk does not have; restore points name snapshots that exist. A tree that several snapshots share with the
/// same list is walked once as long as nothing in it is damaged. Memory: 8 bytes for each chunk of one snapshot.
/// </summary>
internal sealed class SnapshotCheck
{
    private readonly OpenRepository _repository;
    private readonly CheckFindings _findings;
    private readonly HashSet<(ChunkId Root, string Lists)> _soundTrees = [];
    private readonly HashSet<SnapshotId> _known = [];
    private readonly HashSet<SnapshotId> _named = [];

    public SnapshotCheck(OpenRepository repository, CheckFindings findings)
    {
        _repository = repository;
        _findings = findings;
    }

    public long Snapshots { get; private set; }

    public long RestorePoints { get; private set; }

    /// <summary>Snapshots no readable restore point names.</summary>
    public long OrphanCount => _known.Count(s => !_named.Contains(s));

    public async Task RunAsync(IProgress<CheckProgress>? progress, CancellationToken cancellationToken)
    {
        await foreach (SnapshotEntry entry in _repository.Catalog.SnapshotsAsync(null, cancellationToken))
        {
            Snapshots++;
            if (entry.Id is SnapshotId id)
            {
                _known.Add(id);
            }

            if (entry.Manifest is null)
            {
                _findings.Add(entry.ObjectName, entry.Damage!.Damage, entry.Damage.Detail, entry.Id);
            }
            else
            {
                await CheckSnapshotAsync(entry.Manifest, cancellationToken);
            }

            progress?.Report(new CheckProgress("snapshots", Snapshots, 0));
        }

        await foreach (RestorePointEntry entry in _repository.Catalog.RestorePointsAsync(cancellationToken))
        {
            RestorePoints++;
            CheckRestorePoint(entry);
            progress?.Report(new CheckProgress("restore points", RestorePoints, 0));
        }
    }

    private void CheckRestorePoint(RestorePointEntry entry)
    {
        if (entry.Manifest is null)
        {
            _findings.AddAbout(entry.Damage!, null, entry.Id);
            return;
        }

        foreach (SourceResult source in entry.Manifest.Sources)
        {
            if (source.Snapshot is not SnapshotId snapshot)
            {
                continue;
            }

            _findings.AddRestorePoint(entry.Manifest.Id, snapshot);
            _named.Add(snapshot);
            if (!_known.Contains(snapshot))
            {
                _findings.Add(
                    ObjectNames.Snapshot(snapshot),
                    RepositoryDamage.Missing,
                    $"restore point {entry.Manifest.Id} names it, and it is not in the store",
                    snapshot);
            }
        }
    }

    private async Task CheckSnapshotAsync(SnapshotManifest manifest, CancellationToken cancellationToken)
    {
        ChunkReader chunks = new(_repository);
        using ListedChunks listed = new();
        bool sound = true;
        bool listIsWhole = false;
        try
        {
            foreach (ChunkId list in manifest.ChunkList)
            {
                sound &= Require(manifest.Id, list, null);
            }

            await foreach (ChunkId chunk in ChunkListReader.ReadAsync(chunks, manifest, cancellationToken))
            {
                sound &= Require(manifest.Id, chunk, null);
                listed.Add(chunk);
            }

            listIsWhole = true;
        }
        catch (RepositoryCorruptException e)
        {
            sound = false;
            _findings.AddCost(e.ObjectName, e.Damage, e.Detail, manifest.Id, null);
        }

        (ChunkId Root, string Lists) tree = (manifest.Root, string.Join(' ', manifest.ChunkList));
        if (sound && _soundTrees.Contains(tree))
        {
            return;
        }

        if (await WalkAsync(manifest, chunks, listIsWhole ? listed : null, cancellationToken) && sound)
        {
            _soundTrees.Add(tree);
        }
    }

    private async Task<bool> WalkAsync(
        SnapshotManifest manifest, ChunkReader chunks, ListedChunks? listed, CancellationToken cancellationToken)
    {
        bool sound = true;
        try
        {
            await foreach (ReferencedChunk reference in new TreeReader(chunks, manifest.Root).ReferencedChunksAsync(cancellationToken))
            {
                string? path = reference.Path.Length == 0 ? null : TreePath.Display(reference.Path);
                sound &= Require(manifest.Id, reference.Chunk, path) && RequireFit(manifest.Id, reference, listed, path);
            }
        }
        catch (RepositoryCorruptException e)
        {
            sound = false;
            _findings.AddCost(e.ObjectName, e.Damage, e.Detail, manifest.Id, null);
        }
        catch (CorruptTreeException e)
        {
            sound = false;
            _findings.AddCost(ObjectNames.Snapshot(manifest.Id), RepositoryDamage.Inconsistent, e.Message, manifest.Id, null);
        }

        return sound;
    }

    private bool RequireFit(SnapshotId snapshot, ReferencedChunk reference, ListedChunks? listed, string? path)
    {
        string? wrong = listed?.Contains(reference.Chunk) == false
            ? $"its tree needs the chunk {reference.Chunk}, which its chunk list lacks: a prune may take it away"
            : _repository.LengthOf(reference.Chunk) is { } length && reference.BytesNeeded > length
                ? $"its tree takes {reference.BytesNeeded} bytes of the chunk {reference.Chunk}, which has {length}"
                : null;
        if (wrong is not null)
        {
            _findings.AddCost(ObjectNames.Snapshot(snapshot), RepositoryDamage.Inconsistent, wrong, snapshot, path);
        }

        return wrong is null;
    }

    private bool Require(SnapshotId snapshot, ChunkId chunk, string? path)
    {
        if (!_repository.Index.TryFind(StoreChunkId.Of(chunk, _repository.Keys), out ChunkLocation location))
        {
            RepositoryCorruptException missing = _repository.Missing(chunk);
            _findings.AddCost(missing.ObjectName, missing.Damage, $"{missing.Detail}: {chunk} and perhaps others", snapshot, path);
            return false;
        }

        if (!_findings.IsBad(location.Frame))
        {
            return true;
        }

        string pack = _repository.Index.Frame(location.Frame).ObjectName;
        _findings.AddCost(pack, RepositoryDamage.NotAuthentic, "some of its frames cannot be read", snapshot, path);
        return false;
    }
}
