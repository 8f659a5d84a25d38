using Google.Protobuf;
using K8sBackup.Agent.Session;
using K8sBackup.Agent.Upload;
using K8sBackup.Model.Trees;
using K8sBackup.Transport.Mapping;
using K8sBackup.Transport.V1;
using EntryKind = K8sBackup.Model.Trees.EntryKind;

namespace K8sBackup.Agent.Tests.Support;

/// <summary>A source of one file made of chunks of noise, the same in every attempt.</summary>
internal sealed class SyntheticSource(int chunks, int chunkBytes) : IBackupSource
{
    private int _captures;

    public int Captures => Volatile.Read(ref _captures);

    public Task PrepareAsync(WorkMeter meter, CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task<Finish> CaptureAsync(CaptureContext context, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _captures);
        TreeWriter tree = new(context.Chunks.Metadata);
        await tree.AddAsync(new TreeEntry { Path = [], Kind = EntryKind.Directory }, cancellationToken);
        PendingContent content = new();
        for (int i = 0; i < chunks; i++)
        {
            byte[] noise = new byte[chunkBytes];
            new Random(i).NextBytes(noise);
            ChunkBatch batch = context.Chunks.NewBatch();
            batch.Add(content, (long)i * chunkBytes, noise);
            await context.Chunks.EnqueueAsync(batch);
        }

        content.Seal();
        await content.Completion.WaitAsync(context.Chunks.Broken);
        ExtentListWriter lists = new(context.Chunks.Metadata);
        foreach (Extent extent in content.Extents)
        {
            await lists.AddAsync(extent, cancellationToken);
        }

        long size = (long)chunks * chunkBytes;
        TreeEntry file = new() { Path = "noise"u8.ToArray(), Kind = EntryKind.File, Size = size, Content = await lists.FinishAsync(cancellationToken) };
        await tree.AddAsync(file, cancellationToken);
        TreeRoot root = await tree.FinishAsync(cancellationToken);
        return new Finish
        {
            Root = ByteString.CopyFrom(root.Block.ToArray()),
            Counts = SourceMapping.ToWire(new Model.Manifests.SnapshotCounts { Entries = 2, Files = 1, FileBytes = size }),
            Outcome = Outcome.Completed,
        };
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
