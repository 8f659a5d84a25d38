using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace K8sBackup.Transport.Channels;

/// <summary>
/// Memory of the listening side's connections in blocks of 32 KiB. Kestrel's own have 4 KiB, and with them every HTTP/2 frame is cut
/// into five pieces on its way through the pipes, and what is sent goes out in TLS records of 4 KiB. Thread-safe.
/// </summary>
public sealed class ConnectionMemory : MemoryPool<byte>
{
    /// <summary>Two HTTP/2 frames of the usual length, or two full TLS records.</summary>
    public const int BlockBytes = 32 * 1024;

    // 4 MiB; what is in use beyond that is bounded by the windows and goes to the collector.
    private const int KeptMax = 128;

    private readonly ConcurrentQueue<Block> _free = new();

    public override int MaxBufferSize => BlockBytes;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
        return _free.TryDequeue(out Block? block) ? block : new Block(this);
    }

    protected override void Dispose(bool disposing) => _free.Clear();

    private void Return(Block block)
    {
        if (_free.Count < KeptMax)
        {
            _free.Enqueue(block);
        }
    }

    /// <summary>Makes one for each of the server's queues.</summary>
    public sealed class Factory : IMemoryPoolFactory<byte>
    {
        public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new ConnectionMemory();
    }

    // Pinned, because the sockets would otherwise pin it for every call.
    private sealed class Block(ConnectionMemory pool) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory { get; } = GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true);

        public void Dispose() => pool.Return(this);
    }
}
