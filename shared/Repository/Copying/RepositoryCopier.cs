using System.Collections.Concurrent;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Snapshots;

namespace K8sBackup.Repository.Copying;

/// <summary>
/// Makes a second store an equal of the first: the same objects, byte for byte, under the same names, of the same repository id, so that
/// either opens with the same keys. Order: key slots, marks of data keys, config, packs, index segments, snapshots, restore points, pins;
/// manifests are listed before packs and copied after them, each when all it needs is found in the copy, so that a restore point there is as
/// whole as in the source at any time. What is there is not copied again, so an interrupted copy goes on. Everything sealed is opened on the
/// way: damage is named and not copied. The writer's state and the record of what was read belong to one store and stay there. Nobody else writes to the copy.
/// </summary>
public sealed class RepositoryCopier : IDisposable
{
    private const int PassesMax = 5;

    private readonly IObjectStore _source;
    private readonly IObjectStore _copy;
    private readonly MasterKeys _keys;
    private readonly CopyOptions _options;
    private readonly CopyTally _tally;
    private readonly CopiedData _data;
    private readonly ConcurrentDictionary<string, bool> _packsInCopy = new(StringComparer.Ordinal);

    private RepositoryCopier(IObjectStore source, IObjectStore copy, MasterKeys keys, CopyOptions options, CopyTally tally)
    {
        _source = source;
        _copy = copy;
        _keys = keys;
        _options = options;
        _tally = tally;
        _data = new CopiedData(source, copy, keys);
    }

    /// <summary>Copies what is missing.</summary>
    /// <exception cref="RepositoryCorruptException">The source's config is damaged, or the second store holds another repository.</exception>
    /// <exception cref="ObjectStoreException">A store failed; what was copied stays, and the call may be repeated.</exception>
    public static async Task<CopyReport> RunAsync(
        IObjectStore source,
        IObjectStore copy,
        MasterKeys keys,
        CopyOptions options,
        IProgress<CopyProgress>? progress,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(copy);
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(options);
        CopyTally tally = new(progress);
        using RepositoryCopier copier = new(source, copy, keys, options, tally);
        await copier.RunAsync(cancellationToken);
        return tally.Finish();
    }

    public void Dispose() => _data.Dispose();

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        await ProveConfigAsync(_source, cancellationToken);
        bool begun = await _copy.HeadAsync(ObjectNames.Config, cancellationToken) is not null;
        if (begun)
        {
            await ProveConfigAsync(_copy, cancellationToken);
        }

        HashSet<string> data = _options.Prune ? await NamesAsync(_source, ObjectNames.IndexPrefix, cancellationToken) : [];
        data.UnionWith(_options.Prune ? await NamesAsync(_source, ObjectNames.PacksPrefix, cancellationToken) : []);
        HashSet<string> manifests = await NamesAsync(_source, ObjectNames.SnapshotsPrefix, cancellationToken);
        HashSet<string> points = await NamesAsync(_source, ObjectNames.RestorePointsPrefix, cancellationToken);
        _tally.Phase = "keys";
        await CopyAsync(ObjectNames.KeysPrefix, null, 1, (name, content) => Done(() => KeySlotCodec.Decode(name, content)), cancellationToken);
        await CopyAsync(ObjectNames.EpochsPrefix, null, 1, (name, content) => Done(() => EpochMarks.Decode(name, content)), cancellationToken);
        if (begun)
        {
            _tally.Present();
        }
        else
        {
            await CopyObjectAsync(ObjectNames.Config, (_, content) => Done(() => ConfigCodec.Decode(content, _keys)), cancellationToken);
        }

        await CopyDataAsync(cancellationToken);
        _tally.Phase = "snapshots";
        await CopyAsync(
            ObjectNames.SnapshotsPrefix, manifests, 1, (name, content) => _data.WhyNotAsync(ManifestStore.DecodeSnapshot(_keys, name, content), cancellationToken), cancellationToken);
        _tally.Phase = "restore points";
        await CopyAsync(
            ObjectNames.RestorePointsPrefix, points, 1, (name, content) => _data.WhyNotAsync(ManifestStore.DecodeRestorePoint(_keys, name, content), cancellationToken), cancellationToken);
        await CopyAsync(ObjectNames.PinsPrefix, null, 1, Prove(ObjectType.Pin), cancellationToken);
        await CopyAsync(ObjectNames.LossesPrefix, null, 1, Prove(ObjectType.Loss), cancellationToken);
        await CopyAsync(ObjectNames.DrillsPrefix, null, 1, Prove(ObjectType.Drill), cancellationToken);
        if (_options.Prune)
        {
            _tally.Phase = "deleting";
            await DeleteAsync(points, data, cancellationToken);
        }
    }

    private async Task ProveConfigAsync(IObjectStore store, CancellationToken cancellationToken) => await CertainDamage.ReadAsync(async () =>
        ConfigCodec.Decode(await SmallObjects.ReadAsync(store, ObjectNames.Config, RepositoryLimits.SmallObjectBytesMax, cancellationToken), _keys));

    // A prune may move chunks to a pack that came after packs were listed, so both are compared again until nothing is new.
    private async Task CopyDataAsync(CancellationToken cancellationToken)
    {
        for (int pass = 1; pass <= PassesMax; pass++)
        {
            long before = _tally.CopiedCount;
            _tally.Phase = "packs";
            await CopyAsync(
                ObjectNames.PacksPrefix, null, _options.PacksAtOnce, ProvePackAsync, cancellationToken);
            _tally.Phase = "index";
            await CopyAsync(ObjectNames.IndexPrefix, null, 1, (name, content) => ProveIndexAsync(name, content, cancellationToken), cancellationToken);
            if (_tally.CopiedCount == before)
            {
                break;
            }

            _tally.CountsPresent = false;
        }

        _tally.CountsPresent = true;
    }

    private static async Task<HashSet<string>> NamesAsync(IObjectStore store, string prefix, CancellationToken cancellationToken)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        await foreach (ObjectInfo info in store.ListAsync(prefix, cancellationToken))
        {
            names.Add(info.Name);
        }

        return names;
    }

    // What proves an object says why it must not be copied yet, or null; it throws when the object is damaged.
    private async Task CopyAsync(
        string prefix, HashSet<string>? wanted, int atOnce, Func<string, byte[], Task<string?>> prove, CancellationToken cancellationToken)
    {
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(
            ObjectDifference.CompareAsync(_source, _copy, prefix, cancellationToken),
            parallel,
            async (pair, token) =>
            {
                if (pair.Source is not { } source || wanted?.Contains(source.Name) == false)
                {
                    return;
                }

                if (pair.Copy is null)
                {
                    await CopyObjectAsync(source.Name, prove, token);
                }
                else if (pair.Copy.Length != source.Length)
                {
                    _tally.Problem(source.Name, isAtSource: false, $"has {pair.Copy.Length} bytes in the copy and {source.Length} in the source");
                }
                else
                {
                    Arrived(source.Name);
                    _tally.Present();
                }
            });
    }

    private async Task CopyObjectAsync(string name, Func<string, byte[], Task<string?>> prove, CancellationToken cancellationToken)
    {
        try
        {
            (byte[] content, string? whyNot) = await CertainDamage.ReadAsync(async () =>
            {
                byte[] read = await SmallObjects.ReadAsync(_source, name, RepositoryLimits.IndexSegmentBytesMax, cancellationToken);
                return (read, await prove(name, read));
            });
            if (whyNot is not null)
            {
                _tally.Problem(name, isAtSource: true, $"not copied yet: {whyNot}");
                return;
            }

            await Writing.ObjectPublisher.PublishAsync(_copy, name, content, cancellationToken);
            Arrived(name);
            _tally.Copied(content.Length);
        }
        catch (RepositoryCorruptException e) when (e.Damage == RepositoryDamage.Missing)
        {
            _data.Lost(name);
            _tally.Vanished();
        }
        catch (RepositoryCorruptException e)
        {
            _data.Lost(name);
            _tally.Problem(name, isAtSource: true, $"{e.Detail} ({e.Damage})");
        }
        catch (ObjectTakenException e)
        {
            _tally.Problem(name, isAtSource: false, e.Message);
        }
    }

    private void Arrived(string name)
    {
        if (name.StartsWith(ObjectNames.PacksPrefix, StringComparison.Ordinal))
        {
            _packsInCopy[name] = true;
        }
    }

    // In the order of deleting: what references goes before what is referenced. Data goes that the source did not have when this began, because
    // what it lost since may be needed by what came since. Whoever does not have everything deletes nothing.
    private async Task DeleteAsync(HashSet<string> points, HashSet<string> data, CancellationToken cancellationToken)
    {
        if (points.Count == 0)
        {
            _tally.Problem(ObjectNames.RestorePointsPrefix, isAtSource: true, "the source has no restore point, so nothing is deleted from the copy");
        }

        if (_tally.HasProblems)
        {
            return;
        }

        string[] prefixes =
        [
            ObjectNames.PinsPrefix, ObjectNames.RestorePointsPrefix, ObjectNames.SnapshotsPrefix, ObjectNames.LossesPrefix, ObjectNames.DrillsPrefix,
            ObjectNames.IndexPrefix, ObjectNames.PacksPrefix, ObjectNames.EpochsPrefix, ObjectNames.KeysPrefix,
        ];
        foreach (string prefix in prefixes)
        {
            await foreach ((ObjectInfo? source, ObjectInfo? copy) in ObjectDifference.CompareAsync(_source, _copy, prefix, cancellationToken))
            {
                // A listing that is behind is no proof.
                if (source is null && !data.Contains(copy!.Name) && await _source.HeadAsync(copy.Name, cancellationToken) is null)
                {
                    await _copy.DeleteAsync(copy.Name, cancellationToken);
                    _tally.Deleted();
                }
            }
        }
    }

    private async Task<string?> ProvePackAsync(string name, byte[] content)
    {
        await SealProof.PackAsync(_keys, name, content);
        return null;
    }

    // A segment names its packs: those a listing has not shown yet are fetched by that name.
    private async Task<string?> ProveIndexAsync(string name, byte[] content, CancellationToken cancellationToken)
    {
        foreach (string pack in IndexSegments.Decode(_keys, name, content).Select(p => p.ObjectName))
        {
            if (!_packsInCopy.ContainsKey(pack) && !_data.IsLost(pack))
            {
                await CopyObjectAsync(pack, ProvePackAsync, cancellationToken);
            }
        }

        return null;
    }

    private Func<string, byte[], Task<string?>> Prove(ObjectType type) =>
        (name, content) => Done(() => SealProof.Sealed(_keys, type, ObjectNames.IdOf(name), name, content));

    private static Task<string?> Done(Action proof)
    {
        proof();
        return Task.FromResult<string?>(null);
    }
}
