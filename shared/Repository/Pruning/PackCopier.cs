using K8sBackup.Chunking.Compression;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Invariants;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Packs;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Writing;

namespace K8sBackup.Repository.Pruning;

/// <summary>
/// Copies the live chunks of packs into new packs, in their order, and lists those in index segments. Every chunk is decoded and hashed on
/// the way, so that damage is not copied. Frames that live whole are taken as they are. Memory: one pack and one range. Not thread-safe.
/// </summary>
internal sealed class PackCopier : IDisposable
{
    private const int RangeBytesMax = 8 << 20;

    private readonly PruneContext _context;
    private readonly OpenRepository _repository;
    private readonly FrameReader _frames;
    private readonly PackBuilder _builder;
    private readonly List<PackDirectory> _written = [];

    public PackCopier(PruneContext context)
    {
        _context = context;
        _repository = context.Repository;
        _frames = new FrameReader(_repository);
        _builder = new PackBuilder(context.Writer.Options.PackTargetBytes);
        _builder.Begin(_repository.Keys);
    }

    /// <summary>Copies what lives in a pack; durable after <see cref="FinishAsync"/>.</summary>
    /// <exception cref="RepositoryCorruptException">The pack is damaged; what was copied of it until then does no harm.</exception>
    public async Task CopyAsync(IndexedPack pack, CancellationToken cancellationToken)
    {
        PackDirectory directory = await PackReader.ReadDirectoryAsync(
            _repository.Store, _repository.Keys, pack.Header.Id, pack.PackBytes, cancellationToken);
        if (directory.Frames.Count != pack.Frames || !directory.Header.Salt.AsSpan().SequenceEqual(pack.Header.Salt))
        {
            throw new RepositoryCorruptException(RepositoryDamage.Inconsistent, pack.ObjectName, "its directory and the index disagree");
        }

        List<(int Frame, List<int> Chunks)> live = [];
        for (int i = 0; i < directory.Frames.Count; i++)
        {
            PackFrame frame = directory.Frames[i];
            List<int> chunks = [.. Enumerable.Range(frame.FirstChunk, frame.Chunks)
                .Where(c => _repository.Index.IsLiveIn(directory.Chunks[c].Id, pack.FirstFrame + (uint)i))];
            if (chunks.Count > 0)
            {
                live.Add((i, chunks));
            }
        }

        for (int begin = 0; begin < live.Count;)
        {
            int end = begin + 1;
            int from = directory.Frames[live[begin].Frame].Offset;
            while (end < live.Count && End(directory, live[end].Frame) - from <= RangeBytesMax)
            {
                end++;
            }

            byte[] range = await PackReader.ReadRangeAsync(
                _repository.Store, pack.ObjectName, from, End(directory, live[end - 1].Frame) - from, cancellationToken);
            for (; begin < end; begin++)
            {
                int offset = directory.Frames[live[begin].Frame].Offset - from;
                await CopyFrameAsync(pack, directory, live[begin].Frame, live[begin].Chunks, range.AsMemory(offset), cancellationToken);
            }
        }
    }

    /// <summary>Makes everything copied durable and indexed; gives the new packs.</summary>
    public async Task<IReadOnlyList<PackDirectory>> FinishAsync(CancellationToken cancellationToken)
    {
        await CompleteAsync(cancellationToken);
        PackDirectory[] written = [.. _written];
        _written.Clear();
        foreach (PackDirectory[] segment in written.Chunk(_context.Writer.Options.PacksPerSegment))
        {
            await _context.Writer.Lease.CheckAsync(WriterLease.CheckAgeMax, cancellationToken);
            await IndexSegments.WriteAsync(_repository.Store, _repository.Keys, segment, cancellationToken);
        }

        return written;
    }

    public void Dispose() => _builder.Dispose();

    private static int End(PackDirectory directory, int frame) => directory.Frames[frame].Offset + directory.Frames[frame].SealedBytes;

    private async Task CopyFrameAsync(
        IndexedPack pack, PackDirectory directory, int number, List<int> chunks, Memory<byte> bytes, CancellationToken cancellationToken)
    {
        PackFrame frame = directory.Frames[number];
        Memory<byte> sealedFrame = bytes[..frame.SealedBytes];
        byte[] plaintext = _frames.Open(_repository.Index.Frame(pack.FirstFrame + (uint)number), sealedFrame.Span);
        byte[] wanted = Collect(pack, directory, frame, chunks, plaintext);

        // Opening left the payload where the sealed frame was.
        (FrameEncoding Encoding, ReadOnlyMemory<byte> Payload) encoded = chunks.Count == frame.Chunks
            ? (frame.Encoding, sealedFrame[..^ObjectSealer.TagBytes])
            : Encode(wanted);
        PackChunk[] kept = [.. chunks.Select(c => directory.Chunks[c])];
        if (!_builder.HasRoomFor(encoded.Payload.Length, kept.Length))
        {
            await CompleteAsync(cancellationToken);
        }

        _builder.Append(encoded.Encoding, encoded.Payload.Span, kept);
    }

    private byte[] Collect(IndexedPack pack, PackDirectory directory, PackFrame frame, List<int> chunks, byte[] plaintext)
    {
        byte[] collected = new byte[chunks.Sum(c => directory.Chunks[c].Length)];
        int from = 0;
        int to = 0;
        for (int i = frame.FirstChunk; i < frame.FirstChunk + frame.Chunks; i++)
        {
            PackChunk chunk = directory.Chunks[i];
            if (chunks.Contains(i))
            {
                Span<byte> bytes = plaintext.AsSpan(from, chunk.Length);
                if (StoreChunkId.Of(ChunkId.Of(bytes), _repository.Keys) != chunk.Id)
                {
                    throw new RepositoryCorruptException(
                        RepositoryDamage.Inconsistent, pack.ObjectName, $"holds other bytes than its directory says at chunk {i}");
                }

                bytes.CopyTo(collected.AsSpan(to));
                to += chunk.Length;
            }

            from += chunk.Length;
        }

        return collected;
    }

    private static (FrameEncoding Encoding, ReadOnlyMemory<byte> Payload) Encode(byte[] plaintext)
    {
        byte[] compressed = new byte[plaintext.Length];
        int length = Zstd.Compress(plaintext, compressed);
        if (length < 0)
        {
            return (FrameEncoding.Raw, plaintext);
        }

        // A compressor's defect must not reach the store.
        byte[] again = new byte[plaintext.Length];
        Zstd.Decompress(compressed.AsSpan(0, length), again);
        Invariant.Check(again.AsSpan().SequenceEqual(plaintext));
        return (FrameEncoding.Zstd, compressed.AsMemory(0, length));
    }

    private async Task CompleteAsync(CancellationToken cancellationToken)
    {
        if (_builder.IsEmpty)
        {
            return;
        }

        (PackDirectory directory, ReadOnlyMemory<byte> content) = _builder.Complete();
        await _context.Writer.Lease.CheckAsync(WriterLease.CheckAgeMax, cancellationToken);
        await ObjectPublisher.PublishAsync(_repository.Store, directory.ObjectName, content, cancellationToken);
        _written.Add(directory);
        _builder.Begin(_repository.Keys);
    }
}
