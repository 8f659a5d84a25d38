using System.Collections.Concurrent;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Reading;

namespace K8sBackup.Repository.Copying;

/// <summary>
/// Says whether what a manifest needs is in the copy. A listing may lack what is new, so that everything else being copied proves nothing. What the
/// source itself has lost keeps nothing back: a copy is as whole as its source. Memory: the index of the copy, once a manifest is new.
/// </summary>
internal sealed class CopiedData : IDisposable
{
    private readonly IObjectStore _source;
    private readonly IObjectStore _copy;
    private readonly MasterKeys _keys;
    private readonly ConcurrentDictionary<string, bool> _lost = new(StringComparer.Ordinal);
    private OpenRepository? _inCopy;
    private OpenRepository? _atSource;

    public CopiedData(IObjectStore source, IObjectStore copy, MasterKeys keys)
    {
        _source = source;
        _copy = copy;
        _keys = keys;
    }

    /// <summary>The source does not have this object any more, or only damaged.</summary>
    public void Lost(string name) => _lost[name] = true;

    /// <summary>True for what <see cref="Lost"/> was told.</summary>
    public bool IsLost(string name) => _lost.ContainsKey(name);

    /// <summary>Why a snapshot must not be in the copy yet; null when it may.</summary>
    public async Task<string?> WhyNotAsync(SnapshotManifest manifest, CancellationToken cancellationToken)
    {
        try
        {
            _inCopy ??= await OpenRepository.OpenForWritingAsync(_copy, _keys, null, cancellationToken);
            return await CertainDamage.ReadAsync(() => FindLackingAsync(_inCopy, manifest, cancellationToken));
        }
        catch (RepositoryCorruptException e)
        {
            return $"what it needs cannot be read in the copy: {e.Message}";
        }
    }

    /// <summary>Why a restore point must not be in the copy yet; null when it may.</summary>
    public async Task<string?> WhyNotAsync(RestorePointManifest manifest, CancellationToken cancellationToken)
    {
        foreach (string name in manifest.Sources.Where(s => s.Snapshot is not null).Select(s => ObjectNames.Snapshot(s.Snapshot!.Value)))
        {
            if (await _copy.HeadAsync(name, cancellationToken) is null && !await IsGoneAsync(name, manifest.Id, cancellationToken))
            {
                return $"its snapshot {name} is not in the copy";
            }
        }

        return null;
    }

    public void Dispose()
    {
        _inCopy?.Dispose();
        _atSource?.Dispose();
    }

    // A prune deletes restore points before their snapshots, so one that outlives its snapshot has really lost it.
    private async Task<bool> IsGoneAsync(string snapshot, RestorePointId point, CancellationToken cancellationToken) =>
        IsLost(snapshot)
        || (await _source.HeadAsync(snapshot, cancellationToken) is null
            && await _source.HeadAsync(ObjectNames.RestorePoint(point), cancellationToken) is not null);

    private async Task<string?> FindLackingAsync(OpenRepository copy, SnapshotManifest manifest, CancellationToken cancellationToken)
    {
        RefreshOnMiss refresh = new(copy);
        foreach (ChunkId list in manifest.ChunkList)
        {
            if (!await HasAsync(copy, refresh, list, cancellationToken))
            {
                return await IsLostAsync(list, cancellationToken) ? null : Lacking(list);
            }
        }

        await foreach (ChunkId chunk in ChunkListReader.ReadAsync(new ChunkReader(copy), manifest, cancellationToken))
        {
            if (!await HasAsync(copy, refresh, chunk, cancellationToken) && !await IsLostAsync(chunk, cancellationToken))
            {
                return Lacking(chunk);
            }
        }

        return null;
    }

    private static string Lacking(ChunkId chunk) =>
        $"chunk {chunk} is not in the copy: it came while the rest was copied, or no index of the source lists it any more";

    private static async ValueTask<bool> HasAsync(OpenRepository copy, RefreshOnMiss refresh, ChunkId chunk, CancellationToken cancellationToken) =>
        copy.Contains(chunk) || (await refresh.TryAsync(cancellationToken) && copy.Contains(chunk));

    // The index is read after the pack was found gone, and a prune takes packs out of the index first: what it still lists there is lost.
    private async Task<bool> IsLostAsync(ChunkId chunk, CancellationToken cancellationToken)
    {
        _atSource ??= await OpenRepository.OpenAsync(_source, _keys, cancellationToken);
        return _atSource.Index.TryFind(StoreChunkId.Of(chunk, _keys), out ChunkLocation location)
            && IsLost(_atSource.Index.Frame(location.Frame).ObjectName);
    }
}
