using System.Collections.Concurrent;
using K8sBackup.Transport.Channels;

namespace K8sBackup.Agent.Upload;

/// <summary>
/// Native buffers that hold one frame's payload each. How many exist at once is bounded by the queues of the uploads
/// (about 20 each); a few of them are kept for the next use. Thread-safe.
/// </summary>
internal sealed class BufferPool : IDisposable
{
    public const int BufferBytes = MessageLimits.FramePayloadBytesMax;

    private const int KeptMax = 24;

    private readonly ConcurrentBag<NativeBuffer> _free = [];

    public NativeBuffer Rent() => _free.TryTake(out NativeBuffer? buffer) ? buffer : new NativeBuffer(BufferBytes);

    public void Return(NativeBuffer buffer)
    {
        if (_free.Count < KeptMax)
        {
            _free.Add(buffer);
        }
        else
        {
            ((IDisposable)buffer).Dispose();
        }
    }

    public void Dispose()
    {
        while (_free.TryTake(out NativeBuffer? buffer))
        {
            ((IDisposable)buffer).Dispose();
        }
    }
}
