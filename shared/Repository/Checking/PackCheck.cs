using K8sBackup.Model.Ids;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Packs;
using K8sBackup.Repository.Reading;

namespace K8sBackup.Repository.Checking;

/// <summary>
/// Compares packs with the index: (1) listed and of the right length; (2) directory readable and in agreement; (3) where asked, every
/// frame opened and every chunk hashed.
/// </summary>
internal sealed class PackCheck
{
    private readonly OpenRepository _repository;
    private readonly CheckFindings _findings;
    private readonly CheckOptions _options;
    private readonly FrameReader _frames;
    private long _packsRead;
    private long _bytesRead;
    private long _done;

    private readonly TimeProvider _clock;

    public PackCheck(OpenRepository repository, CheckFindings findings, CheckOptions options, ReadCoverage coverage, TimeProvider clock)
    {
        Coverage = coverage;
        _clock = clock;
        _repository = repository;
        _findings = findings;
        _options = options;
        _frames = new FrameReader(repository);
    }

    public ReadCoverage Coverage { get; }

    public long PacksEverRead { get; private set; }

    public DateTimeOffset? OldestRead { get; private set; }

    public long Packs { get; private set; }

    public long PackBytes { get; private set; }

    public long PacksRead => _packsRead;

    public long BytesRead => _bytesRead;

    public long OrphanCount { get; private set; }

    public List<string> Orphans { get; } = [];

    public async Task RunAsync(IProgress<CheckProgress>? progress, CancellationToken cancellationToken)
    {
        Dictionary<string, long> lengths = await ListAsync(cancellationToken);
        IReadOnlyList<IndexedPack> packs = _repository.Index.Packs();
        IndexedPack[] present = [.. packs.Where(p => lengths.ContainsKey(p.ObjectName))];
        Coverage.Retain(present.Select(p => p.Header.Id).ToHashSet());
        foreach (IndexedPack pack in present.Where(p => Coverage.Of(p.Header.Id) is null))
        {
            Coverage.Add(pack.Header.Id, new PackReading(_clock.GetUtcNow(), PackReadingOutcome.Seen));
        }

        HashSet<ObjectId> chosen = Choose(present);
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = _options.PacksAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(packs, parallel, async (pack, token) =>
        {
            if (lengths.TryGetValue(pack.ObjectName, out long length))
            {
                await CheckPackAsync(pack, length, chosen.Contains(pack.Header.Id), token);
            }
            else
            {
                _findings.Add(pack.ObjectName, RepositoryDamage.Missing, "the index lists the pack, and it is not in the store");
                MarkFrames(pack, _ => true);
            }

            progress?.Report(new CheckProgress("packs", Interlocked.Increment(ref _done), packs.Count));
        });
        PackReading[] readings = [.. present.Select(p => Coverage.Of(p.Header.Id)!.Value)];
        PacksEverRead = readings.Count(r => r.WasRead);
        OldestRead = readings.Length > 0 && PacksEverRead == readings.Length ? readings.Min(r => r.At) : null;
    }

    // Those that were damaged then, because which of their frames are is not recorded; those whose time has come; and up to the share of all
    // bytes that was asked for, first those that were never read, then those whose last reading is the longest ago.
    private HashSet<ObjectId> Choose(IReadOnlyList<IndexedPack> packs)
    {
        double left = packs.Sum(p => p.PackBytes) * Math.Min(100, _options.ReadDataPercent) / 100;
        DateTimeOffset due = _options.ReadDataOlderThan is { } age ? _clock.GetUtcNow() - age : DateTimeOffset.MinValue;
        HashSet<ObjectId> chosen = [];
        foreach ((IndexedPack pack, PackReading reading) in packs
            .Select(p => (Pack: p, Reading: Coverage.Of(p.Header.Id)!.Value))
            .OrderBy(p => p.Reading.WasRead)
            .ThenBy(p => p.Reading.At)
            .ThenBy(p => p.Pack.Header.Id.Value))
        {
            if (left > 0 || reading.At <= due || reading.Outcome == PackReadingOutcome.Damaged)
            {
                chosen.Add(pack.Header.Id);
                left -= pack.PackBytes;
            }
        }

        return chosen;
    }

    private async Task<Dictionary<string, long>> ListAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, long> lengths = new(StringComparer.Ordinal);
        await foreach (ObjectInfo info in _repository.Store.ListAsync(ObjectNames.PacksPrefix, cancellationToken))
        {
            Packs++;
            PackBytes += info.Length;
            lengths[info.Name] = info.Length;
            if (!ObjectNames.TryParsePack(info.Name, out ObjectId id))
            {
                _findings.Add(info.Name, RepositoryDamage.Misplaced, "is no name of a pack");
            }
            else if (!_repository.Index.ContainsPack(id))
            {
                OrphanCount++;
                if (Orphans.Count < CheckReport.ListedMax)
                {
                    Orphans.Add(info.Name);
                }
            }
        }

        return lengths;
    }

    private async Task CheckPackAsync(IndexedPack pack, long length, bool readsData, CancellationToken cancellationToken)
    {
        if (length != pack.PackBytes)
        {
            _findings.Add(
                pack.ObjectName, RepositoryDamage.WrongLength, $"has {length} bytes, and the index says {pack.PackBytes}");
            MarkFrames(pack, frame => frame.Offset + (long)frame.SealedBytes > length);
        }

        PackDirectory? directory = null;
        RepositoryDamage? directoryDamage = null;
        try
        {
            directory = await PackReader.ReadDirectoryAsync(_repository.Store, _repository.Keys, pack.Header.Id, length, cancellationToken);
            Compare(pack, directory);
        }
        catch (RepositoryCorruptException e)
        {
            _findings.Add(e);
            directoryDamage = e.Damage;
        }

        if (readsData)
        {
            RepositoryDamage? worst = directoryDamage;
            for (uint i = 0; i < pack.Frames; i++)
            {
                worst = await ReadFrameAsync(pack, i, directory, cancellationToken) ?? worst;
            }

            Interlocked.Increment(ref _packsRead);
            if (worst != RepositoryDamage.Unreadable)
            {
                Coverage.Add(pack.Header.Id, new PackReading(_clock.GetUtcNow(), worst is null ? PackReadingOutcome.Sound : PackReadingOutcome.Damaged));
            }
        }
    }

    private void Compare(IndexedPack pack, PackDirectory directory)
    {
        bool agrees = directory.Frames.Count == pack.Frames && directory.Header.Salt.AsSpan().SequenceEqual(pack.Header.Salt);
        for (int i = 0; agrees && i < directory.Frames.Count; i++)
        {
            FrameLocation indexed = _repository.Index.Frame(pack.FirstFrame + (uint)i);
            PackFrame frame = directory.Frames[i];
            agrees = indexed.Offset == frame.Offset
                && indexed.SealedBytes == frame.SealedBytes
                && indexed.PlainBytes == frame.PlainBytes
                && indexed.Encoding == frame.Encoding;
        }

        if (!agrees || directory.Chunks.Any(c => !_repository.Index.Contains(c.Id)))
        {
            _findings.Add(pack.ObjectName, RepositoryDamage.Inconsistent, "its directory and the index disagree");
        }
    }

    private async Task<RepositoryDamage?> ReadFrameAsync(IndexedPack pack, uint number, PackDirectory? directory, CancellationToken cancellationToken)
    {
        FrameLocation frame = _repository.Index.Frame(pack.FirstFrame + number);
        Interlocked.Add(ref _bytesRead, frame.SealedBytes);
        try
        {
            if (frame.Encoding == FrameEncoding.Padding)
            {
                await _frames.ReadPaddingAsync(frame, cancellationToken);
                return null;
            }

            byte[] plaintext = await _frames.ReadAsync(frame, cancellationToken);
            if (directory is not null && number < directory.Frames.Count && !HasItsChunks(directory, directory.Frames[(int)number], plaintext))
            {
                throw new RepositoryCorruptException(
                    RepositoryDamage.Inconsistent, pack.ObjectName, $"frame {number} holds other chunks than its directory lists");
            }

            return null;
        }
        catch (RepositoryCorruptException e)
        {
            _findings.Add(e);
            _findings.AddBadFrame(pack.FirstFrame + number);
            return e.Damage;
        }
    }

    private bool HasItsChunks(PackDirectory directory, PackFrame frame, byte[] plaintext)
    {
        int offset = 0;
        for (int i = 0; i < frame.Chunks; i++)
        {
            PackChunk chunk = directory.Chunks[frame.FirstChunk + i];
            if (offset + chunk.Length > plaintext.Length
                || StoreChunkId.Of(ChunkId.Of(plaintext.AsSpan(offset, chunk.Length)), _repository.Keys) != chunk.Id)
            {
                return false;
            }

            offset += chunk.Length;
        }

        return offset == plaintext.Length;
    }

    private void MarkFrames(IndexedPack pack, Func<FrameLocation, bool> isBad)
    {
        for (uint i = 0; i < pack.Frames; i++)
        {
            if (isBad(_repository.Index.Frame(pack.FirstFrame + i)))
            {
                _findings.AddBadFrame(pack.FirstFrame + i);
            }
        }
    }
}
