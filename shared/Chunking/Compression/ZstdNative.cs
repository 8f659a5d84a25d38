using System.Runtime.InteropServices;

namespace K8sBackup.Chunking.Compression;

/// <summary>The functions of libzstd's stable API (zstd.h, since 1.3) that are called here.</summary>
internal static partial class ZstdNative
{
    /// <summary>ZSTD_error_dstSize_tooSmall of zstd_errors.h, stable since 1.3.1.</summary>
    public const int DestinationTooSmall = 70;

    // The soname, so that Debian's libzstd1 is enough and no development package is needed.
    private const string Library = "libzstd.so.1";

    [LibraryImport(Library, EntryPoint = "ZSTD_createCCtx")]
    public static partial ZstdCompressionContext CreateCompressionContext();

    [LibraryImport(Library, EntryPoint = "ZSTD_freeCCtx")]
    public static partial nuint FreeCompressionContext(nint context);

    [LibraryImport(Library, EntryPoint = "ZSTD_createDCtx")]
    public static partial ZstdDecompressionContext CreateDecompressionContext();

    [LibraryImport(Library, EntryPoint = "ZSTD_freeDCtx")]
    public static partial nuint FreeDecompressionContext(nint context);

    [LibraryImport(Library, EntryPoint = "ZSTD_compressCCtx")]
    public static partial nuint Compress(
        ZstdCompressionContext context, Span<byte> destination, nuint destinationBytes, ReadOnlySpan<byte> source, nuint sourceBytes, int level);

    [LibraryImport(Library, EntryPoint = "ZSTD_decompressDCtx")]
    public static partial nuint Decompress(
        ZstdDecompressionContext context, Span<byte> destination, nuint destinationBytes, ReadOnlySpan<byte> source, nuint sourceBytes);

    [LibraryImport(Library, EntryPoint = "ZSTD_isError")]
    public static partial uint IsError(nuint code);

    [LibraryImport(Library, EntryPoint = "ZSTD_getErrorCode")]
    public static partial int ErrorCode(nuint code);

    [LibraryImport(Library, EntryPoint = "ZSTD_getErrorName")]
    private static partial nint ErrorNamePointer(nuint code);

    public static string ErrorName(nuint code) => Marshal.PtrToStringUTF8(ErrorNamePointer(code)) ?? "unknown error";
}
