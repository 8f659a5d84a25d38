namespace K8sBackup.ObjectStore.S3;

/// <summary>
/// Zeros that change after they were hashed: the second time the stream is read from its start one bit differs, so that the
/// signature covers other bytes than are sent. An endpoint that checks content refuses them.
/// </summary>
internal sealed class ProbeStream : MemoryStream
{
    private int _passes;

    public ProbeStream(int length)
        : base(new byte[length], 0, length, writable: true, publiclyVisible: false)
    {
    }

    public override long Position
    {
        get => base.Position;
        set
        {
            base.Position = value;
            Turn();
        }
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        CountPass();
        return base.Read(buffer, offset, count);
    }

    public override int Read(Span<byte> buffer)
    {
        CountPass();
        return base.Read(buffer);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        CountPass();
        return base.ReadAsync(buffer, offset, count, cancellationToken);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        CountPass();
        return base.ReadAsync(buffer, cancellationToken);
    }

    public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
    {
        CountPass();
        return base.CopyToAsync(destination, bufferSize, cancellationToken);
    }

    public override long Seek(long offset, SeekOrigin loc)
    {
        long position = base.Seek(offset, loc);
        Turn();
        return position;
    }

    private void CountPass()
    {
        if (base.Position == 0)
        {
            _passes++;
        }
    }

    // Back at the start after a whole pass: what follows is sent.
    private void Turn()
    {
        if (base.Position == 0 && _passes == 1)
        {
            base.WriteByte(1);
            base.Position = 0;
        }
    }
}
