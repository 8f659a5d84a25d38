using K8sBackup.Chunking.ContentDefined;
using K8sBackup.Coordinator.Hooks;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;

namespace K8sBackup.Coordinator.Dumps;

/// <summary>
/// Takes a command's output as it comes and turns it into the content of one file: cut where the content says so, so that the next dump shares what did
/// not change. How long the file gets is not known before its end, so the sizes for large files begin where files are large. Who writes waits until
/// the repository took it. Memory: the buffer. Not thread-safe.
/// </summary>
internal sealed class DumpStream : SinkStream
{
    // A cut is certain within the longest chunk; the rest saves moving what is left.
    private const int BufferBytes = 4 * CutterSizes.ChunkBytesMax;

    private readonly IChunkSink _chunks;
    private readonly ContentDefinedCutter _general;
    private readonly ContentDefinedCutter _large;
    private readonly ExtentListWriter _extents;
    private readonly Action<long> _progress;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _buffered;
    private long _stored;
    private long _written;

    /// <param name="chunks">Where chunks go.</param>
    /// <param name="cutterKey">The repository's.</param>
    /// <param name="progress">Told the bytes stored so far.</param>
    public DumpStream(IChunkSink chunks, ReadOnlySpan<byte> cutterKey, Action<long> progress)
    {
        _chunks = chunks;
        _general = new ContentDefinedCutter(cutterKey, CutterSizes.General);
        _large = new ContentDefinedCutter(cutterKey, CutterSizes.Large);
        _extents = new ExtentListWriter(chunks);
        _progress = progress;
    }

    /// <summary>Bytes written.</summary>
    public override long Length => _written;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            int part = Math.Min(buffer.Length, _buffer.Length - _buffered);
            buffer[..part].CopyTo(_buffer.AsMemory(_buffered));
            _buffered += part;
            _written += part;
            buffer = buffer[part..];
            if (_buffered == _buffer.Length)
            {
                await CutAsync(final: false, cancellationToken);
            }
        }
    }

    /// <summary>The content, when nothing more comes.</summary>
    public async Task<FileContent> FinishAsync(CancellationToken cancellationToken)
    {
        await CutAsync(final: true, cancellationToken);
        return await _extents.FinishAsync(cancellationToken);
    }

    private async Task CutAsync(bool final, CancellationToken cancellationToken)
    {
        int start = 0;
        while (_buffered - start >= (final ? 1 : CutterSizes.ChunkBytesMax))
        {
            ReadOnlyMemory<byte> rest = _buffer.AsMemory(start, _buffered - start);
            ContentDefinedCutter cutter = _stored < CutterSizes.LargeFileBytesMin ? _general : _large;
            int length = cutter.NextCut(rest.Span, final);
            ChunkId id = await _chunks.AddAsync(rest[..length], cancellationToken);
            await _extents.AddAsync(new Extent(_stored, id, 0, length), cancellationToken);
            start += length;
            _stored += length;
            _progress(_stored);
        }

        _buffer.AsSpan(start, _buffered - start).CopyTo(_buffer);
        _buffered -= start;
    }
}
