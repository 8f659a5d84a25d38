namespace K8sBackup.FakeKube.Serving;

/// <summary>What a command writes goes out as messages of one channel.</summary>
internal sealed class ChannelStream : Stream
{
    private readonly ExecChannels _channels;
    private readonly byte _channel;

    public ChannelStream(ExecChannels channels, byte channel)
    {
        _channels = channels;
        _channel = channel;
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        await _channels.SendAsync(_channel, buffer, cancellationToken);

    public override void Write(byte[] buffer, int offset, int count) => WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
