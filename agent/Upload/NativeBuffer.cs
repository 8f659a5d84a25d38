using System.Buffers;
using System.Runtime.InteropServices;

namespace K8sBackup.Agent.Upload;

/// <summary>A fixed piece of native memory, so that buffers of this size never reach the collected heap. Freed by its owner, the pool, alone.</summary>
internal sealed unsafe class NativeBuffer : MemoryManager<byte>
{
    private readonly int _length;
    private void* _start;

    public NativeBuffer(int length)
    {
        _start = NativeMemory.Alloc((nuint)length);
        _length = length;
    }

    public int Length => _length;

    public override Span<byte> GetSpan() => new(_start, _length);

    public override MemoryHandle Pin(int elementIndex = 0) => new((byte*)_start + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
        NativeMemory.Free(_start);
        _start = null;
    }
}
