namespace K8sBackup.Model.Trees;

/// <summary>The stored form of a run of extents: gap since the end of the one before, length, place in the chunk, chunk.</summary>
internal static class ExtentCodec
{
    /// <summary>Least bytes an extent takes.</summary>
    public const int BytesMin = 3 + Ids.ChunkId.Bytes;

    public static void Encode(BlockEncoder block, IEnumerable<Extent> extents)
    {
        long end = 0;
        foreach (Extent extent in extents)
        {
            Encode(block, end, extent);
            end = extent.FileOffset + extent.Length;
        }
    }

    public static void Encode(BlockEncoder block, long previousEnd, Extent extent)
    {
        block.Unsigned((ulong)(extent.FileOffset - previousEnd));
        block.Unsigned((ulong)extent.Length);
        block.Unsigned((ulong)extent.ChunkOffset);
        block.Id(extent.Chunk);
    }

    public static Extent[] Decode(ref BlockDecoder block, int count)
    {
        if (count > block.Remaining / BytesMin)
        {
            throw block.Corrupt("it ends early");
        }

        Extent[] extents = new Extent[count];
        long end = 0;
        for (int i = 0; i < count; i++)
        {
            long gap = block.NonNegative("a gap");
            int length = block.Bounded(int.MaxValue, "an extent's length");
            int chunkOffset = block.Bounded(int.MaxValue - length, "an extent's place");
            if (length == 0 || gap > long.MaxValue - end - length)
            {
                throw block.Corrupt("an extent is empty or beyond any file");
            }

            extents[i] = new Extent(end + gap, block.Id(), chunkOffset, length);
            end += gap + length;
        }

        return extents;
    }
}
