using K8sBackup.Agent.Session;
using K8sBackup.Agent.Upload;
using K8sBackup.Agent.Volumes.Reading;
using K8sBackup.Chunking.ContentDefined;

namespace K8sBackup.Agent.Volumes;

/// <summary>
/// Reads files into chunks: what is not longer than the shortest chunk in one piece, the rest cut by content, holes and
/// runs of zeros left out. Gathers small chunks in batches. One thread; one window of 2 MiB and one batch.
/// </summary>
internal sealed class ContentReader : IDisposable
{
    // Two chunks: the cutter decides with one, and the second is read meanwhile in one call.
    private const int WindowBytes = 2 * CutterSizes.ChunkBytesMax;

    private readonly NativeBuffer _window = new(WindowBytes);
    private readonly ChunkPipeline _chunks;
    private readonly WorkMeter _meter;
    private readonly ContentDefinedCutter _general;
    private readonly ContentDefinedCutter _large;
    private ChunkBatch? _batch;

    public ContentReader(ChunkPipeline chunks, byte[] cutterKey, WorkMeter meter)
    {
        _chunks = chunks;
        _meter = meter;
        _general = new ContentDefinedCutter(cutterKey, CutterSizes.General);
        _large = new ContentDefinedCutter(cutterKey, CutterSizes.Large);
    }

    /// <summary>Reads the whole file; its chunks are resolved later.</summary>
    /// <exception cref="IOException">The file cannot be read; the content is then of no use.</exception>
    public async ValueTask ReadAsync(PatientFile file, PendingContent content, CancellationToken cancellationToken)
    {
        try
        {
            long from = 0;
            while (file.NextSegment(from, out long start, out long end))
            {
                cancellationToken.ThrowIfCancellationRequested();
                _meter.AddBytes(start - from);
                from = end - start <= CutterSizes.General.BytesMin
                    ? await ReadSmallAsync(file, content, start, (int)(end - start))
                    : await ReadSegmentAsync(file, content, start, end, cancellationToken);
                if (from < end)
                {
                    break;
                }
            }

            _meter.AddBytes(Math.Max(0, file.Size - from));
        }
        finally
        {
            content.Seal();
        }
    }

    /// <summary>Takes bytes that were read already, no more than the shortest chunk has.</summary>
    public async ValueTask AddAsync(PendingContent content, long offset, ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Span.ContainsAnyExcept((byte)0))
        {
            ChunkBatch batch = await BatchForAsync(bytes.Length);
            batch.Add(content, offset, bytes.Span);
            await FlushIfFullAsync(batch);
        }
    }

    /// <summary>Hands over what is gathered, so that everything read so far gets resolved.</summary>
    public async ValueTask FlushAsync()
    {
        if (_batch is { } batch)
        {
            _batch = null;
            await _chunks.EnqueueAsync(batch);
        }
    }

    public void Dispose()
    {
        if (_batch is { } batch)
        {
            _chunks.Discard(batch);
        }

        ((IDisposable)_window).Dispose();
    }

    private async ValueTask<long> ReadSmallAsync(PatientFile file, PendingContent content, long start, int length)
    {
        ChunkBatch batch = await BatchForAsync(length);
        int read = file.Read(start, batch.Free(length));
        if (read > 0 && batch.Free(read).ContainsAnyExcept((byte)0))
        {
            batch.Commit(content, start, read);
        }

        await FlushIfFullAsync(batch);
        _meter.AddBytes(read);
        return start + read;
    }

    // The window holds [at, at + held) of the segment; each cut is taken from its front.
    private async ValueTask<long> ReadSegmentAsync(PatientFile file, PendingContent content, long start, long end, CancellationToken cancellationToken)
    {
        ContentDefinedCutter cutter = CutterSizes.For(file.Status.Size) == CutterSizes.Large ? _large : _general;
        long at = start;
        int skip = 0;
        int held = 0;
        while (at < end)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (held < CutterSizes.ChunkBytesMax && at + held < end)
            {
                _window.GetSpan().Slice(skip, held).CopyTo(_window.GetSpan());
                skip = 0;
                int wanted = (int)Math.Min(WindowBytes - held, end - at - held);
                int read = file.Read(at + held, _window.GetSpan().Slice(held, wanted));
                held += read;
                end = read < wanted ? at + held : end;
            }

            int cut = cutter.NextCut(_window.GetSpan().Slice(skip, held), final: at + held == end);
            if (cut == 0)
            {
                break;
            }

            await AddAsync(content, at, _window.Memory.Slice(skip, cut));
            _meter.AddBytes(cut);
            (at, skip, held) = (at + cut, skip + cut, held - cut);
        }

        return at;
    }

    private async ValueTask<ChunkBatch> BatchForAsync(int length)
    {
        if (_batch is { } batch && !batch.Fits(length))
        {
            await FlushAsync();
        }

        return _batch ??= _chunks.NewBatch();
    }

    private ValueTask FlushIfFullAsync(ChunkBatch batch) => batch.IsFull ? FlushAsync() : ValueTask.CompletedTask;
}
