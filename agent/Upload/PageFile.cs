using K8sBackup.Agent.Session;
using K8sBackup.Chunking.Pages;
using K8sBackup.Model.Trees;

namespace K8sBackup.Agent.Upload;

/// <summary>Captures a page-structured file page by page against its earlier snapshot.</summary>
internal static class PageFile
{
    // A multiple of every page size.
    private const int ReadBytes = 1024 * 1024;

    /// <summary>Fills the buffer from an offset; fewer bytes mean that the file ends there.</summary>
    public delegate int ReadBlock(long offset, Span<byte> buffer);

    /// <summary>
    /// The content of the first <paramref name="length"/> bytes. A parent that turns out damaged is left aside and the
    /// file read again.
    /// </summary>
    public static async Task<FileContent> CaptureAsync(
        ReadBlock read, long length, int pageBytes, ParentFile? parent, CaptureContext context, CancellationToken cancellationToken)
    {
        if (parent is { PageBytes: > 0 })
        {
            try
            {
                (FileContent content, IChunkSource source) = await ParentMetadata.BuildAsync(parent, cancellationToken);
                PageParent pages = new(content, parent.Entry.Size, source, _ => true);
                return await ReadAsync(read, length, pageBytes, pages, context, cancellationToken);
            }
            catch (Exception e) when (e is CorruptTreeException or ArgumentException)
            {
                UploadLog.ParentUnusable(context.Log, context.WorkId, e.Message);
                context.Meter.Begin("reading", restart: true);
            }
        }

        return await ReadAsync(read, length, pageBytes, null, context, cancellationToken);
    }

    private static async Task<FileContent> ReadAsync(
        ReadBlock read, long length, int pageBytes, PageParent? parent, CaptureContext context, CancellationToken cancellationToken)
    {
        WorkMeter meter = context.Meter;
        ChunkBatch buffer = context.Chunks.NewBatch();
        try
        {
            await using PageDelta delta = new(pageBytes, parent, context.Chunks.Data, context.Chunks.Metadata, cancellationToken);
            for (long offset = 0; offset < length;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Memory<byte> block = buffer.Buffer.Memory[..(int)Math.Min(ReadBytes, length - offset)];
                int bytes = read(offset, block.Span);
                await delta.AddAsync(block[..bytes], cancellationToken);
                offset += bytes;
                meter.AddBytes(bytes);
                if (bytes < block.Length)
                {
                    break;
                }
            }

            return (await delta.FinishAsync(cancellationToken)).Content;
        }
        finally
        {
            context.Chunks.Discard(buffer);
        }
    }
}
