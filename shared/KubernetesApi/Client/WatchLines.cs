using System.Buffers;

namespace K8sBackup.KubernetesApi.Client;

/// <summary>
/// The lines of a watch, one JSON document each. A line is valid until the next is read. The whole watch has a deadline, since
/// the server ends it in time when it lives. One reader.
/// </summary>
internal sealed class WatchLines : IDisposable
{
    private const int BufferBytes = 32 * 1024;

    private readonly Stream _stream;
    private readonly int _lineBytesMax;
    private readonly TimeSpan _lifetime;
    private readonly CancellationTokenSource _deadline;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private int _start;
    private int _end;

    public WatchLines(Stream stream, int lineBytesMax, TimeSpan lifetime, TimeProvider clock)
    {
        _stream = stream;
        _lineBytesMax = lineBytesMax;
        _lifetime = lifetime;
        _deadline = new CancellationTokenSource(lifetime, clock);
    }

    /// <summary>Null at the end; a last line without its end is a connection that broke.</summary>
    public async Task<ReadOnlyMemory<byte>?> NextAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(_deadline.Token, cancellationToken);
        int looked = _start;
        while (true)
        {
            int end = Array.IndexOf(_buffer, (byte)'\n', looked, _end - looked);
            if (end >= 0)
            {
                ReadOnlyMemory<byte> line = _buffer.AsMemory(_start, end - _start);
                _start = end + 1;
                if (line.Length > 0)
                {
                    return line;
                }

                looked = _start;
                continue;
            }

            looked = MakeRoom();
            int read = await ReadAsync(either.Token, cancellationToken);
            if (read == 0)
            {
                return _end == _start ? null : throw new IOException("the connection broke within a change");
            }

            _end += read;
        }
    }

    public void Dispose()
    {
        _deadline.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private async Task<int> ReadAsync(CancellationToken either, CancellationToken callers)
    {
        try
        {
            return await _stream.ReadAsync(_buffer.AsMemory(_end), either);
        }
        catch (OperationCanceledException) when (_deadline.IsCancellationRequested && !callers.IsCancellationRequested)
        {
            throw new TimeoutException($"the watch did not end within {_lifetime.TotalSeconds:0} seconds");
        }
    }

    /// <summary>Moves what is unread to the front, and doubles the buffer when that is not enough; gives where unseen bytes begin.</summary>
    private int MakeRoom()
    {
        int length = _end - _start;
        if (length > _lineBytesMax)
        {
            throw new InvalidDataException($"a change is larger than {_lineBytesMax} bytes");
        }

        byte[] target = length < _buffer.Length / 2 ? _buffer : ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        _buffer.AsSpan(_start, length).CopyTo(target);
        if (target != _buffer)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = target;
        }

        (_start, _end) = (0, length);
        return length;
    }
}
