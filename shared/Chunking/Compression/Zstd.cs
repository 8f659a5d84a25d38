using System.Runtime.InteropServices;

namespace K8sBackup.Chunking.Compression;

/// <summary>
/// Single-shot zstd (RFC 8878) over spans. Thread-safe: each thread keeps one context of its own
/// (about 1 MiB for level 1), so that no call allocates.
/// </summary>
public static class Zstd
{
    /// <summary>
    /// Level 1: on one core four times the speed of level 3 for 3 to 8 % more bytes, which is the right side when
    /// the node's processor belongs to somebody else.
    /// </summary>
    public const int LevelDefault = 1;

    [ThreadStatic]
    private static ZstdCompressionContext? _compression;

    [ThreadStatic]
    private static ZstdDecompressionContext? _decompression;

    /// <summary>Compresses into the start of <paramref name="destination"/> as one frame.</summary>
    /// <param name="source">The plaintext; empty never shrinks.</param>
    /// <param name="destination">As long as the source is enough: a longer result is not wanted.</param>
    /// <param name="level">1 (fast) to 19 (small).</param>
    /// <returns>
    /// The compressed length, always less than the source's; -1 when the result would not be shorter or does not fit
    /// the destination, which then holds nothing of use.
    /// </returns>
    public static int Compress(ReadOnlySpan<byte> source, Span<byte> destination, int level = LevelDefault)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(level, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(level, 19);
        // The smallest frame: 4 bytes magic, 2 header, 3 block header.
        int limit = Math.Min(destination.Length, source.Length - 1);
        if (limit < 9)
        {
            return -1;
        }

        ZstdCompressionContext context = _compression ??= Checked(ZstdNative.CreateCompressionContext());
        nuint result = ZstdNative.Compress(context, destination, (nuint)limit, source, (nuint)source.Length, level);
        if (ZstdNative.IsError(result) == 0)
        {
            return (int)result;
        }

        return ZstdNative.ErrorCode(result) == ZstdNative.DestinationTooSmall
            ? -1
            : throw new InvalidOperationException($"zstd could not compress {source.Length} bytes: {ZstdNative.ErrorName(result)}.");
    }

    /// <summary>
    /// Decompresses into exactly <paramref name="destination"/>, whose length the caller knows from authenticated
    /// data. Nothing is ever written or allocated beyond it, whatever the input claims.
    /// </summary>
    /// <exception cref="DecompressionException">The input is damaged, or holds more or fewer bytes than expected.</exception>
    public static void Decompress(ReadOnlySpan<byte> compressed, Span<byte> destination)
    {
        ZstdDecompressionContext context = _decompression ??= Checked(ZstdNative.CreateDecompressionContext());
        nuint result = ZstdNative.Decompress(
            context, destination, (nuint)destination.Length, compressed, (nuint)compressed.Length);
        if (ZstdNative.IsError(result) != 0)
        {
            throw new DecompressionException(
                $"{compressed.Length} compressed bytes do not decompress to {destination.Length}: {ZstdNative.ErrorName(result)}.");
        }

        if (result != (nuint)destination.Length)
        {
            throw new DecompressionException(
                $"{compressed.Length} compressed bytes hold {result} bytes, not {destination.Length}.");
        }
    }

    private static T Checked<T>(T context)
        where T : SafeHandle => context.IsInvalid ? throw new InsufficientMemoryException("zstd has no memory for a context.") : context;
}
