using System.Runtime.CompilerServices;
using K8sBackup.Model.Ids;

namespace K8sBackup.Model.Trees;

/// <summary>Gives the extents of files, from entries or from list chunks.</summary>
public sealed class FileContentReader
{
    private readonly IChunkSource _chunks;

    public FileContentReader(IChunkSource chunks) => _chunks = chunks;

    /// <summary>The extents in order, checked to ascend, not to overlap and to end within <paramref name="size"/>.</summary>
    /// <exception cref="CorruptTreeException">They do not.</exception>
    public async IAsyncEnumerable<Extent> ExtentsAsync(FileContent content, long size, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        long end = 0;
        foreach (Extent extent in content.Inline)
        {
            end = CheckedEnd(default, extent, end, size);
            yield return extent;
        }

        foreach (ChunkId list in content.ListChunks)
        {
            ReadOnlyMemory<byte> bytes = await _chunks.ReadAsync(list, cancellationToken).ConfigureAwait(false);
            foreach (Extent extent in Decode(bytes.Span, list))
            {
                end = CheckedEnd(list, extent, end, size);
                yield return extent;
            }
        }
    }

    private static Extent[] Decode(ReadOnlySpan<byte> bytes, ChunkId list)
    {
        BlockDecoder block = new(bytes, list);
        ReadOnlySpan<byte> header = block.Raw(TreeFormat.ExtentHeaderBytes);
        if (!header.SequenceEqual([TreeFormat.Magic, TreeFormat.ExtentMagic, TreeFormat.Version]))
        {
            throw block.Corrupt("it is no extent list of a known version");
        }

        Extent[] extents = ExtentCodec.Decode(ref block, block.Bounded(TreeFormat.BlockBytesMax, "a number of extents"));
        return block.IsAtEnd ? extents : throw block.Corrupt("bytes follow the last extent");
    }

    private static long CheckedEnd(ChunkId block, Extent extent, long end, long size)
    {
        long extentEnd = extent.FileOffset + extent.Length;
        return extent.FileOffset >= end && extentEnd <= size
            ? extentEnd
            : throw new CorruptTreeException(block, "extents overlap or pass the end of the file");
    }
}
