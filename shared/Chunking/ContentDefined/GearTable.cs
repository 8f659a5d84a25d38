using System.Buffers.Binary;
using System.Security.Cryptography;

namespace K8sBackup.Chunking.ContentDefined;

/// <summary>
/// The 256 random words a Gear hash adds up, derived from the repository's cutter key so that cut points, and with
/// them chunk sizes, cannot be computed from known content without the key.
/// </summary>
internal static class GearTable
{
    /// <summary>Bytes of a cutter key.</summary>
    public const int KeyBytes = 32;

    private const int Words = 256;

    /// <summary>
    /// Word 4n to 4n+3 are HMAC-SHA256(key, "k8sbackup gear table 1" then n as one byte), little-endian. Part of the
    /// repository format: another table would share no chunk with earlier snapshots.
    /// </summary>
    public static ulong[] Derive(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeyBytes)
        {
            throw new ArgumentException($"A cutter key has {KeyBytes} bytes, not {key.Length}.", nameof(key));
        }

        byte[] message = [.. "k8sbackup gear table 1"u8, 0];
        Span<byte> block = stackalloc byte[HMACSHA256.HashSizeInBytes];
        const int wordsPerBlock = HMACSHA256.HashSizeInBytes / sizeof(ulong);
        ulong[] table = new ulong[Words];
        for (int n = 0; n < Words / wordsPerBlock; n++)
        {
            message[^1] = (byte)n;
            HMACSHA256.HashData(key, message, block);
            for (int i = 0; i < wordsPerBlock; i++)
            {
                table[(n * wordsPerBlock) + i] = BinaryPrimitives.ReadUInt64LittleEndian(block[(i * sizeof(ulong))..]);
            }
        }

        return table;
    }
}
