using K8sBackup.Cli.Terminal;
using K8sBackup.Cli.Watching;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Cli.Inside;

/// <summary>Where one file of a snapshot is copied to.</summary>
internal sealed class FileTarget : IDisposable
{
    private readonly Stream _stream;
    private readonly long _bytesMax;
    private readonly TransferLine _line;
    private long _copied;

    public FileTarget(Stream stream, long bytesMax, CliContext context)
    {
        _stream = stream;
        _bytesMax = bytesMax;
        _line = new TransferLine(context, "snapshot");
    }

    public void Begin(string path, long bytes)
    {
        if (bytes < 0 || bytes > _bytesMax)
        {
            throw new BackupException(FailureCause.InvalidRequest, $"{path} has {bytes} bytes; {_bytesMax} are the most that is read.");
        }

        _stream.SetLength(bytes);
    }

    public async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        // Holes are left out on the way, and are zeros here.
        _stream.Position = offset;
        await _stream.WriteAsync(bytes, cancellationToken);
        _copied += bytes.Length;
        _line.Update(1, _copied);
    }

    public void Dispose() => _line.Clear();
}
