using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Chunking.Compression;

/// <summary>One thread's working memory for decompression; freed when the thread's copy is collected.</summary>
internal sealed class ZstdDecompressionContext : SafeHandleZeroOrMinusOneIsInvalid
{
    public ZstdDecompressionContext()
        : base(ownsHandle: true)
    {
    }

    protected override bool ReleaseHandle()
    {
        _ = ZstdNative.FreeDecompressionContext(handle);
        return true;
    }
}
