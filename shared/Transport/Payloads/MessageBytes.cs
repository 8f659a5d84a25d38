using System.Buffers;

namespace K8sBackup.Transport.Payloads;

/// <summary>
/// The bytes of one received message in a pooled array. Messages that carry data are large and come by the thousand: on the
/// collected heap they would be its largest part. What was read from it is of no use after <see cref="Dispose"/>; one that is
/// never disposed costs the pool an array and nothing else.
/// </summary>
public sealed class MessageBytes : IDisposable
{
    private readonly int _length;
    private byte[]? _array;

    private MessageBytes(byte[] array, int length)
    {
        _array = array;
        _length = length;
    }

    /// <summary>The message; empty once it is disposed.</summary>
    public ReadOnlyMemory<byte> Memory => _array is { } array ? array.AsMemory(0, _length) : default;

    /// <summary>Copies a message out of the receive buffers.</summary>
    public static MessageBytes Copy(ReadOnlySequence<byte> message)
    {
        int length = checked((int)message.Length);
        byte[] array = ArrayPool<byte>.Shared.Rent(length);
        message.CopyTo(array);
        return new MessageBytes(array, length);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _array, null) is { } array)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }
}
