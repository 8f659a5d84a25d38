using System.Text;

namespace K8sBackup.Coordinator.Hooks;

/// <summary>Keeps the end of what is written to it, whatever its length.</summary>
internal sealed class TailStream : SinkStream
{
    private readonly byte[] _ring;
    private long _written;

    public TailStream(int bytesMax) => _ring = new byte[bytesMax];

    /// <summary>The end, with what is no UTF-8 replaced.</summary>
    public string Text
    {
        get
        {
            int length = (int)Math.Min(_written, _ring.Length);
            byte[] bytes = new byte[length];
            for (int i = 0; i < length; i++)
            {
                bytes[i] = _ring[(_written - length + i) % _ring.Length];
            }

            return Encoding.UTF8.GetString(bytes);
        }
    }

    public override long Length => _written;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        foreach (byte value in buffer)
        {
            _ring[_written++ % _ring.Length] = value;
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }
}
