using System.Buffers.Binary;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;

namespace K8sBackup.Chunking.Pages;

/// <summary>
/// The stored form of page digests, version 1. Header: <c>'K' 'D' version kind</c>, then the number of pages of the
/// segment (4 bytes). Kind 0, a base: that many digests of 16 bytes. Kind 1, a patch: per changed page its number in
/// the segment (2 bytes) and its digest, ascending. All integers little-endian.
/// </summary>
internal static class PageDigestCodec
{
    private const byte Version = 1;
    private const byte Base = 0;
    private const byte Patch = 1;
    private const int HeaderBytes = 8;
    private const int PatchEntryBytes = 2 + PageDigest.Bytes;

    public static bool IsBase(ReadOnlySpan<byte> chunk, ChunkId id)
    {
        bool known = chunk.Length >= HeaderBytes && chunk[0] == 'K' && chunk[1] == 'D' && chunk[2] == Version && chunk[3] is Base or Patch;
        return known ? chunk[3] == Base : throw new CorruptTreeException(id, "it holds no page digests of a known version");
    }

    public static byte[] EncodeBase(PageDigestSegment segment)
    {
        byte[] chunk = Begin(Base, segment.Pages, segment.Pages * PageDigest.Bytes);
        for (int page = 0; page < segment.Pages; page++)
        {
            BinaryPrimitives.WriteUInt128LittleEndian(chunk.AsSpan(HeaderBytes + (page * PageDigest.Bytes)), segment.Digests[page]);
        }

        return chunk;
    }

    /// <summary>What turns <paramref name="old"/> into <paramref name="current"/>; <paramref name="changed"/> says how many digests that takes.</summary>
    public static byte[] EncodePatch(PageDigestSegment old, PageDigestSegment current, int changed)
    {
        byte[] chunk = Begin(Patch, current.Pages, changed * PatchEntryBytes);
        Span<byte> rest = chunk.AsSpan(HeaderBytes);
        for (int page = 0; page < current.Pages; page++)
        {
            if (current.Digests[page] != old.Digests[page])
            {
                BinaryPrimitives.WriteUInt16LittleEndian(rest, (ushort)page);
                BinaryPrimitives.WriteUInt128LittleEndian(rest[2..], current.Digests[page]);
                rest = rest[PatchEntryBytes..];
            }
        }

        return chunk;
    }

    /// <summary>Applies a base to an empty segment, or a patch to one with a base.</summary>
    /// <exception cref="CorruptTreeException">The chunk does not keep to the format.</exception>
    public static void Apply(ReadOnlySpan<byte> chunk, ChunkId id, PageDigestSegment segment)
    {
        bool isBase = IsBase(chunk, id);
        uint pages = BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]);
        ReadOnlySpan<byte> rest = chunk[HeaderBytes..];
        if (pages is 0 or > PageDigestSegment.PagesMax)
        {
            throw new CorruptTreeException(id, $"it is about {pages} pages");
        }

        if (isBase)
        {
            ApplyBase(rest, (int)pages, id, segment);
        }
        else
        {
            ApplyPatch(rest, (int)pages, id, segment);
        }

        segment.Chunks.Add(id);
    }

    private static void ApplyBase(ReadOnlySpan<byte> rest, int pages, ChunkId id, PageDigestSegment segment)
    {
        if (rest.Length != pages * PageDigest.Bytes)
        {
            throw new CorruptTreeException(id, $"it has {rest.Length} bytes for {pages} pages");
        }

        segment.Pages = pages;
        for (int page = 0; page < pages; page++)
        {
            segment.Digests[page] = BinaryPrimitives.ReadUInt128LittleEndian(rest[(page * PageDigest.Bytes)..]);
        }
    }

    private static void ApplyPatch(ReadOnlySpan<byte> rest, int pages, ChunkId id, PageDigestSegment segment)
    {
        // Segments grow only: the writer begins a new base when a file shrinks.
        if (rest.Length % PatchEntryBytes != 0 || pages < segment.Pages || segment.Chunks.Count > PageDigestSegment.PatchesMax)
        {
            throw new CorruptTreeException(id, "it is no patch of the page digests before it");
        }

        int last = -1;
        segment.Patched += rest.Length / PatchEntryBytes;
        for (; rest.Length > 0; rest = rest[PatchEntryBytes..])
        {
            int page = BinaryPrimitives.ReadUInt16LittleEndian(rest);
            if (page <= last || page >= pages)
            {
                throw new CorruptTreeException(id, $"page {page} is out of order");
            }

            segment.Digests[page] = BinaryPrimitives.ReadUInt128LittleEndian(rest[2..]);
            last = page;
        }

        segment.Pages = pages;
    }

    private static byte[] Begin(byte kind, int pages, int bodyBytes)
    {
        byte[] chunk = new byte[HeaderBytes + bodyBytes];
        chunk[0] = (byte)'K';
        chunk[1] = (byte)'D';
        chunk[2] = Version;
        chunk[3] = kind;
        BinaryPrimitives.WriteUInt32LittleEndian(chunk.AsSpan(4), (uint)pages);
        return chunk;
    }
}
