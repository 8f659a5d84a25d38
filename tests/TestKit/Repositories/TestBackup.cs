using System.Text;
using K8sBackup.Chunking.Compression;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Trees;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Writing;

namespace K8sBackup.TestKit.Repositories;

/// <summary>Backs up and restores made-up files through the repository's own API, as a coordinator would.</summary>
public static class TestBackup
{
    private const int ChunkBytes = 10_000;

    public static readonly SourceKey Source = new("node-1", SourceKind.Volume, "data");

    /// <summary>Files with content made from a seed; half of each compresses well.</summary>
    public static IReadOnlyDictionary<string, byte[]> Files(int seed, int count = 6, int bytesMax = 60_000)
    {
        Random random = new(seed);
        Dictionary<string, byte[]> files = [];
        for (int i = 0; i < count; i++)
        {
            byte[] content = new byte[random.Next(1, bytesMax)];
            random.NextBytes(content.AsSpan(0, content.Length / 2));
            byte[] pattern = new byte[16];
            random.NextBytes(pattern);
            for (int j = content.Length / 2; j < content.Length; j++)
            {
                content[j] = pattern[j % pattern.Length];
            }

            files[$"dir-{i % 3}/file-{i:d4}"] = content;
        }

        return files;
    }

    /// <summary>Uploads the files and commits a snapshot and its restore point.</summary>
    public static async Task<(SnapshotManifest Snapshot, RestorePointManifest RestorePoint)> BackUpAsync(
        RepositoryWriter writer, IReadOnlyDictionary<string, byte[]> files, SourceKey? source = null, TimeProvider? clock = null)
    {
        clock ??= TimeProvider.System;
        using WriterSession session = writer.BeginUpload();
        SnapshotManifest snapshot = await UploadAsync(writer, files, source ?? Source, clock);
        await writer.CommitSnapshotAsync(snapshot, session, default);
        RestorePointManifest point = RestorePointOf(snapshot, clock);
        await writer.CommitRestorePointAsync(point, default);
        return (snapshot, point);
    }

    /// <summary>Uploads the files and makes the manifest, without committing it.</summary>
    public static async Task<SnapshotManifest> UploadAsync(
        RepositoryWriter writer, IReadOnlyDictionary<string, byte[]> files, SourceKey source, TimeProvider clock)
    {
        using ChunkListBuilder list = new();
        ListingSink sink = new(writer, list);
        TreeWriter tree = new(sink);
        await tree.AddAsync(new TreeEntry { Path = [], Kind = EntryKind.Directory, Mode = 0x1ED }, default);
        string? directory = null;
        long entries = 1;
        foreach ((string path, byte[] content) in files.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            string parent = path[..path.IndexOf('/', StringComparison.Ordinal)];
            if (parent != directory)
            {
                directory = parent;
                await tree.AddAsync(new TreeEntry { Path = Encoding.UTF8.GetBytes(parent), Kind = EntryKind.Directory }, default);
                entries++;
            }

            await tree.AddAsync(await AddFileAsync(writer, list, sink, path, content), default);
            entries++;
        }

        TreeRoot root = await tree.FinishAsync(default);
        ChunkList chunks = await list.FinishAsync(writer, default);
        return new SnapshotManifest
        {
            Id = SnapshotId.Create(clock),
            Cluster = "test",
            Source = source,
            Run = RunId.Create(clock),
            Plan = "plan",
            StartedAt = clock.GetUtcNow(),
            FinishedAt = clock.GetUtcNow(),
            Root = root.Block,
            ChunkList = chunks.Chunks,
            Chunks = chunks.Count,
            Counts = new SnapshotCounts { Entries = entries, Files = files.Count, FileBytes = files.Sum(f => (long)f.Value.Length) },
            Outcome = SnapshotOutcome.Completed,
        };
    }

    public static RestorePointManifest RestorePointOf(SnapshotManifest snapshot, TimeProvider clock) => new()
    {
        Id = RestorePointId.Create(clock),
        Cluster = snapshot.Cluster,
        Plan = snapshot.Plan,
        Run = snapshot.Run,
        StartedAt = snapshot.StartedAt,
        FinishedAt = clock.GetUtcNow(),
        Outcome = SnapshotOutcome.Completed,
        Sources = [new SourceResult(snapshot.Source, snapshot.Id, snapshot.Outcome, null)],
    };

    /// <summary>Reads every file of a snapshot back.</summary>
    public static async Task<Dictionary<string, byte[]>> RestoreAsync(OpenRepository repository, SnapshotManifest snapshot)
    {
        ChunkReader chunks = new(repository);
        FileContentReader contents = new(chunks);
        Dictionary<string, byte[]> files = [];
        await foreach (TreeEntry entry in new TreeReader(chunks, snapshot.Root).WalkAsync(default))
        {
            if (entry.Kind != EntryKind.File)
            {
                continue;
            }

            byte[] content = new byte[entry.Size];
            await foreach (Extent extent in contents.ExtentsAsync(entry.Content, entry.Size, default))
            {
                ReadOnlyMemory<byte> chunk = await chunks.ReadAsync(extent.Chunk, default);
                chunk.Slice(extent.ChunkOffset, extent.Length).CopyTo(content.AsMemory((int)extent.FileOffset));
            }

            files[Encoding.UTF8.GetString(entry.Path)] = content;
        }

        return files;
    }

    public static async Task AssertRestoresAsync(
        OpenRepository repository, SnapshotManifest snapshot, IReadOnlyDictionary<string, byte[]> expected)
    {
        Dictionary<string, byte[]> restored = await RestoreAsync(repository, snapshot);
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), restored.Keys.Order(StringComparer.Ordinal));
        Assert.All(expected, file => Assert.True(file.Value.AsSpan().SequenceEqual(restored[file.Key]), file.Key));
    }

    /// <summary>A frame of chunks as an agent would send it.</summary>
    public static IncomingFrame FrameOf(bool compress, params IReadOnlyList<byte[]> chunks)
    {
        byte[] plaintext = [.. chunks.SelectMany(c => c)];
        byte[] compressed = new byte[plaintext.Length];
        int length = compress ? Zstd.Compress(plaintext, compressed) : -1;
        return new IncomingFrame(
            chunks.Select(c => ChunkId.Of(c)).ToArray(),
            chunks.Select(c => c.Length).ToArray(),
            length >= 0,
            length >= 0 ? compressed.AsMemory(0, length) : plaintext);
    }

    private static async Task<TreeEntry> AddFileAsync(
        RepositoryWriter writer, ChunkListBuilder list, IChunkSink sink, string path, byte[] content)
    {
        ExtentListWriter extents = new(sink);
        byte[][] chunks = [.. content.Chunk(ChunkBytes)];
        long offset = 0;
        foreach (byte[] chunk in chunks)
        {
            await extents.AddAsync(new Extent(offset, ChunkId.Of(chunk), 0, chunk.Length), default);
            list.Add(ChunkId.Of(chunk));
            offset += chunk.Length;
        }

        foreach (byte[][] group in chunks.Chunk(3))
        {
            await writer.AddFrameAsync(FrameOf(compress: true, group), default);
        }

        return new TreeEntry
        {
            Path = Encoding.UTF8.GetBytes(path),
            Kind = EntryKind.File,
            Size = content.Length,
            Content = await extents.FinishAsync(default),
        };
    }

    private sealed class ListingSink(RepositoryWriter writer, ChunkListBuilder list) : IChunkSink
    {
        public async ValueTask<ChunkId> AddAsync(ReadOnlyMemory<byte> plaintext, CancellationToken cancellationToken)
        {
            ChunkId id = await writer.AddAsync(plaintext, cancellationToken);
            list.Add(id);
            return id;
        }
    }
}
