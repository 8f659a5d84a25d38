using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace K8sBackup.Chunking.Pages;

/// <summary>
/// The first 16 bytes of a page's SHA-256; zero stands for a page of zeros. Without a key, because digests are kept
/// only inside sealed chunks, and because whoever can write the file and finds two pages with one digest (2^64 tries)
/// spoils only a copy of his own data.
/// </summary>
internal static class PageDigest
{
    public const int Bytes = 16;

    [SkipLocalsInit]
    public static UInt128 Of(ReadOnlySpan<byte> page)
    {
        if (!page.ContainsAnyExcept((byte)0))
        {
            return UInt128.Zero;
        }

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(page, digest);
        UInt128 value = BinaryPrimitives.ReadUInt128LittleEndian(digest);
        return value == UInt128.Zero ? UInt128.One : value;
    }
}
