using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Chunking.Compression;

/// <summary>One thread's working memory for compression; freed when the thread's copy is collected.</summary>
internal sealed class ZstdCompressionContext : SafeHandleZeroOrMinusOneIsInvalid
{
    public ZstdCompressionContext()
        : base(ownsHandle: true)
    {
    }

    protected override bool ReleaseHandle()
    {
        _ = ZstdNative.FreeCompressionContext(handle);
        return true;
    }
}
