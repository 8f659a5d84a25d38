using System.Text;
using K8sBackup.Model.Ids;

namespace K8sBackup.Model.Trees;

/// <summary>The stored form of one tree entry.</summary>
internal static class EntryCodec
{
    private const int ModeMax = 4095;
    private const int NanosecondsMax = 999_999_999;

    public static void Encode(BlockEncoder block, ReadOnlySpan<byte> previousPath, TreeEntry entry)
    {
        block.FrontCoded(previousPath, entry.Path);
        block.Byte((byte)entry.Kind);
        block.Byte((byte)entry.State);
        block.Unsigned((ulong)entry.Mode);
        block.Unsigned(entry.Uid);
        block.Unsigned(entry.Gid);
        block.Unsigned((ulong)entry.Size);
        Encode(block, entry.ModifiedAt);
        Encode(block, entry.ChangedAt);
        block.Unsigned(entry.Inode);
        block.Unsigned(entry.Device);
        block.Bytes(entry.LinkTarget);
        block.Unsigned((ulong)entry.Attributes.Count);
        foreach (ExtendedAttribute attribute in entry.Attributes)
        {
            block.Bytes(attribute.Name);
            block.Bytes(attribute.Value);
        }

        block.Text(CutReason(entry.Reason));
        Encode(block, entry.Content, entry.Flags);
    }

    public static TreeEntry Decode(ref BlockDecoder block, ReadOnlySpan<byte> previousPath)
    {
        byte[] path = block.FrontCoded(previousPath);
        if (!TreePath.IsValid(path))
        {
            throw block.Corrupt("a path is invalid");
        }

        EntryKind kind = (EntryKind)block.Byte();
        EntryState state = (EntryState)block.Byte();
        if (kind > EntryKind.BlockDevice || state > EntryState.RecordedOnly)
        {
            throw block.Corrupt("an entry has an unknown kind or state");
        }

        return new TreeEntry
        {
            Path = path,
            Kind = kind,
            State = state,
            Mode = block.Bounded(ModeMax, "a mode"),
            Uid = UserId(ref block),
            Gid = UserId(ref block),
            Size = block.NonNegative("a size"),
            ModifiedAt = Time(ref block),
            ChangedAt = Time(ref block),
            Inode = block.Unsigned(),
            Device = block.Unsigned(),
            LinkTarget = block.Bytes(TreePath.BytesMax, "a link target").ToArray(),
            Attributes = Attributes(ref block),
            Reason = block.Text(TreeFormat.ReasonBytesMax, "a reason"),
            Content = Content(ref block, out FileFlags flags),
            Flags = flags,
        };
    }

    private static void Encode(BlockEncoder block, UnixTime time)
    {
        block.Signed(time.Seconds);
        block.Unsigned((ulong)time.Nanoseconds);
    }

    private static void Encode(BlockEncoder block, FileContent content, FileFlags flags)
    {
        byte kind = content switch
        {
            { ListChunks.Count: > 0 } => TreeFormat.ContentList,
            { Inline.Count: > 0 } => TreeFormat.ContentInline,
            _ => TreeFormat.ContentNone,
        };
        bool hasPages = content.PageBytes > 0;
        block.Byte((byte)(kind | (hasPages ? TreeFormat.ContentPages : 0) | (flags != FileFlags.None ? TreeFormat.HasFlags : 0)));
        if (kind == TreeFormat.ContentInline)
        {
            block.Unsigned((ulong)content.Inline.Count);
            ExtentCodec.Encode(block, content.Inline);
        }
        else if (kind == TreeFormat.ContentList)
        {
            block.Ids(content.ListChunks);
        }

        if (hasPages)
        {
            block.Unsigned((ulong)content.PageBytes);
            block.Ids(content.PageDigestChunks);
        }

        if (flags != FileFlags.None)
        {
            block.Unsigned((ulong)flags);
        }
    }

    private static FileContent Content(ref BlockDecoder block, out FileFlags flags)
    {
        byte form = block.Byte();
        if (form > (TreeFormat.HasFlags | TreeFormat.ContentPages | TreeFormat.ContentList) || (form & 3) == 3)
        {
            throw block.Corrupt("an entry has an unknown form of content");
        }

        FileContent content = Content(ref block, form);
        flags = (form & TreeFormat.HasFlags) != 0 ? Flags(ref block) : FileFlags.None;
        return content;
    }

    // Nobody stores none of them, so that what is equal has equal bytes.
    private static FileFlags Flags(ref BlockDecoder block)
    {
        FileFlags flags = (FileFlags)block.Bounded((int)FileFlags.All, "the flags of an entry");
        return (flags & ~FileFlags.All) == 0 && flags != FileFlags.None ? flags : throw block.Corrupt("an entry has unknown flags");
    }

    private static FileContent Content(ref BlockDecoder block, byte flags)
    {
        Extent[] inline = (flags & TreeFormat.ContentInline) != 0
            ? ExtentCodec.Decode(ref block, block.Bounded(FileContent.InlineExtentsMax, "a number of extents"))
            : [];
        ChunkId[] list = (flags & TreeFormat.ContentList) != 0
            ? block.Ids(TreeFormat.ListChunksMax, "a number of list chunks")
            : [];
        if ((flags & TreeFormat.ContentPages) == 0)
        {
            return inline.Length + list.Length == 0 ? FileContent.Empty : new FileContent { Inline = inline, ListChunks = list };
        }

        return new FileContent
        {
            Inline = inline,
            ListChunks = list,
            PageBytes = block.Bounded(1 << 20, "a page size"),
            PageDigestChunks = block.Ids(TreeFormat.ListChunksMax, "a number of digest chunks"),
        };
    }

    private static ExtendedAttribute[] Attributes(ref BlockDecoder block)
    {
        int count = block.Bounded(TreeFormat.AttributesMax, "a number of attributes");
        ExtendedAttribute[] attributes = count == 0 ? [] : new ExtendedAttribute[count];
        for (int i = 0; i < count; i++)
        {
            byte[] name = block.Bytes(byte.MaxValue, "an attribute name").ToArray();
            attributes[i] = new ExtendedAttribute(name, block.Bytes(TreeFormat.EntryBytesMax, "an attribute").ToArray());
        }

        return attributes;
    }

    private static UnixTime Time(ref BlockDecoder block) => new(block.Signed(), block.Bounded(NanosecondsMax, "nanoseconds"));

    private static uint UserId(ref BlockDecoder block)
    {
        ulong id = block.Unsigned();
        return id <= uint.MaxValue ? (uint)id : throw block.Corrupt("an owner is out of range");
    }

    private static string CutReason(string reason)
    {
        int length = Math.Min(reason.Length, TreeFormat.ReasonBytesMax);
        while (Encoding.UTF8.GetByteCount(reason.AsSpan(0, length)) > TreeFormat.ReasonBytesMax)
        {
            length -= length / 4;
        }

        return reason[..length];
    }
}
