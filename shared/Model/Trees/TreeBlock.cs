using K8sBackup.Model.Ids;

namespace K8sBackup.Model.Trees;

/// <summary>A decoded block: entries when it is a leaf, children when it is an index block.</summary>
internal sealed record TreeBlock(int Level, IReadOnlyList<TreeEntry> Entries, IReadOnlyList<TreeChild> Children)
{
    // Least bytes of an entry (every field one byte) and of a child, so that a count cannot ask for more memory than the block has bytes.
    private const int EntryBytesMin = 18;
    private const int ChildBytesMin = 4 + ChunkId.Bytes;

    /// <summary>Decodes a block and checks all that can be checked inside it.</summary>
    /// <exception cref="CorruptTreeException">The block is malformed.</exception>
    public static TreeBlock Decode(ReadOnlySpan<byte> bytes, ChunkId id)
    {
        BlockDecoder block = new(bytes, id);
        ReadOnlySpan<byte> header = block.Raw(TreeFormat.BlockHeaderBytes);
        if (!header[..3].SequenceEqual([TreeFormat.Magic, TreeFormat.TreeMagic, TreeFormat.Version]))
        {
            throw block.Corrupt("it is no tree block of a known version");
        }

        int level = header[3];
        if (level > TreeFormat.LevelMax)
        {
            throw block.Corrupt($"its level is {level}");
        }

        TreeBlock decoded = level == 0
            ? new TreeBlock(0, DecodeEntries(ref block), [])
            : new TreeBlock(level, [], DecodeChildren(ref block));
        return block.IsAtEnd ? decoded : throw block.Corrupt("bytes follow the last entry");
    }

    /// <summary>Path of the first entry at or below the block.</summary>
    public byte[] FirstPath => Level == 0 ? Entries[0].Path : Children[0].FirstPath;

    private static TreeEntry[] DecodeEntries(ref BlockDecoder block)
    {
        TreeEntry[] entries = new TreeEntry[Count(ref block, EntryBytesMin)];
        byte[] previous = [];
        long pathBytes = 0;
        for (int i = 0; i < entries.Length; i++)
        {
            entries[i] = EntryCodec.Decode(ref block, previous);
            RequireOrder(ref block, i, previous, entries[i].Path);
            previous = entries[i].Path;
            RequireRoom(ref block, ref pathBytes, previous);
        }

        return entries;
    }

    private static TreeChild[] DecodeChildren(ref BlockDecoder block)
    {
        TreeChild[] children = new TreeChild[Count(ref block, ChildBytesMin)];
        byte[] previous = [];
        long pathBytes = 0;
        for (int i = 0; i < children.Length; i++)
        {
            byte[] path = block.FrontCoded(previous);
            children[i] = new TreeChild(path, block.Id(), block.NonNegative("a count"), block.NonNegative("a size"));
            RequireOrder(ref block, i, previous, path);
            previous = path;
            RequireRoom(ref block, ref pathBytes, path);
        }

        return children;
    }

    private static int Count(ref BlockDecoder block, int bytesMin)
    {
        int count = block.Bounded(block.Remaining / bytesMin, "the number of entries");
        return count > 0 ? count : throw block.Corrupt("it is empty");
    }

    private static void RequireOrder(ref BlockDecoder block, int index, byte[] previous, byte[] path)
    {
        if (index > 0 && TreePath.Compare(previous, path) >= 0)
        {
            throw block.Corrupt("its entries are not in order");
        }
    }

    // The writer ends a block with the path that reaches the limit, so one path more than the limit is the most.
    private static void RequireRoom(ref BlockDecoder block, ref long pathBytes, byte[] path)
    {
        pathBytes += path.Length;
        if (pathBytes > TreeFormat.BlockPathBytesMax + TreePath.BytesMax)
        {
            throw block.Corrupt("its paths are too long altogether");
        }
    }
}
