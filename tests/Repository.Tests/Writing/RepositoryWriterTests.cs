using System.Text;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.ObjectStore;
using K8sBackup.ObjectStore.InMemory;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Repository.Tests.Writing;

public sealed class RepositoryWriterTests
{
    [Fact]
    public async Task Backup_ThenRestore_IsByteExact()
    {
        using TestRepository repository = await TestRepository.CreateAsync();
        IReadOnlyDictionary<string, byte[]> files = TestBackup.Files(1, count: 30);
        SnapshotManifest snapshot;
        await using (RepositoryWriter writer = await repository.OpenWriterAsync())
        {
            (snapshot, _) = await TestBackup.BackUpAsync(writer, files);
            await TestBackup.AssertRestoresAsync(writer.Repository, snapshot, files);
        }

        using OpenRepository reader = await repository.OpenAsync();
        await TestBackup.AssertRestoresAsync(reader, snapshot, files);
        await RepositoryCheck.AssertSoundAsync(repository);
    }

    [Fact]
    public async Task Add_ChunkWhosePackIsGone_IsStoredAgain()
    {
        using TestRepository repository = await TestRepository.CreateAsync();
        byte[][] chunks = Chunks(8, 2, 5_000);
        await using (RepositoryWriter before = await repository.OpenWriterAsync())
        {
            await before.AddFrameAsync(TestBackup.FrameOf(true, chunks), default);
            await before.FlushAsync(default);
        }

        await foreach (K8sBackup.ObjectStore.ObjectInfo pack in repository.Store.ListAsync("packs/", default))
        {
            await repository.Store.DeleteAsync(pack.Name, default);
        }

        await using RepositoryWriter after = await repository.OpenWriterAsync();
        FrameReceipt again = await after.AddFrameAsync(TestBackup.FrameOf(true, chunks), default);
        Assert.Equal((2, 0), (again.NewChunks, again.KnownChunks));
        await after.FlushAsync(default);
        Assert.Equal(chunks[1], (await new ChunkReader(after.Repository).ReadAsync(ChunkId.Of(chunks[1]), default)).ToArray());
    }

    [Fact]
    public async Task Add_KnownAndPendingChunks_AreStoredOnce()
    {
        using TestRepository repository = await TestRepository.CreateAsync();
        await using RepositoryWriter writer = await repository.OpenWriterAsync();
        byte[][] chunks = Chunks(7, 6, 5_000);

        FrameReceipt first = await writer.AddFrameAsync(TestBackup.FrameOf(true, chunks[..3]), default);
        FrameReceipt pending = await writer.AddFrameAsync(TestBackup.FrameOf(true, chunks[1], chunks[3], chunks[3]), default);
        Assert.False(first.Durable.IsCompleted);
        await writer.FlushAsync(default);
        FrameReceipt known = await writer.AddFrameAsync(TestBackup.FrameOf(false, chunks[0], chunks[3]), default);

        Assert.Equal((3, 0), (first.NewChunks, first.KnownChunks));
        Assert.Equal((1, 2), (pending.NewChunks, pending.KnownChunks));
        Assert.Equal((0, 2, 0L), (known.NewChunks, known.KnownChunks, known.StoredBytes));
        Assert.True(known.Durable.IsCompletedSuccessfully);
        await Task.WhenAll(first.Durable, pending.Durable);
        ChunkReader reader = new(writer.Repository);
        foreach (byte[] chunk in chunks[..4])
        {
            Assert.Equal(chunk, (await reader.ReadAsync(ChunkId.Of(chunk), default)).ToArray());
        }

        Assert.Equal(4, writer.Repository.ChunkCount);
        await RepositoryCheck.AssertSoundAsync(repository);
    }

    [Fact]
    public async Task Add_EightUploadsAtOnce_SharePacksAndChunks()
    {
        using TestRepository repository = await TestRepository.CreateAsync();
        await using RepositoryWriter writer = await repository.OpenWriterAsync();
        byte[][] shared = Chunks(11, 40, 9_000);
        Task<FrameReceipt[]>[] uploads = [.. Enumerable.Range(0, 8).Select(upload => Task.Run(async () =>
        {
            byte[][] own = Chunks(100 + upload, 20, 9_000);
            Random order = new(upload);
            List<FrameReceipt> receipts = [];
            foreach (byte[][] group in shared.Concat(own).OrderBy(_ => order.Next()).Chunk(3))
            {
                receipts.Add(await writer.AddFrameAsync(TestBackup.FrameOf(true, group), default));
            }

            await writer.FlushAsync(default);
            // The flush made them so; a receipt that spans packs hears of it a moment later, from the thread pool.
            await Task.WhenAll(receipts.Select(r => r.Durable)).WaitAsync(TimeSpan.FromMinutes(1));
            return receipts.ToArray();
        }))];

        FrameReceipt[][] receipts = await Task.WhenAll(uploads);

        Assert.Equal(40 + (8 * 20), receipts.Sum(r => r.Sum(x => x.NewChunks)));
        Assert.Equal(40 + (8 * 20), writer.Repository.ChunkCount);
        Assert.Equal(200, (await RepositoryCheck.AssertSoundAsync(repository)).Chunks);
    }

    [Theory]
    [MemberData(nameof(BadFrames))]
    public async Task Add_FrameThatLies_IsRejectedAndTheWriterGoesOn(string what, IncomingFrame frame, FrameRejection expected)
    {
        using TestRepository repository = await TestRepository.CreateAsync();
        await using RepositoryWriter writer = await repository.OpenWriterAsync();

        FrameRejectedException error = await Assert.ThrowsAsync<FrameRejectedException>(() => writer.AddFrameAsync(frame, default).AsTask());

        Assert.True(expected == error.Reason, what);
        await TestBackup.BackUpAsync(writer, TestBackup.Files(2));
        await RepositoryCheck.AssertSoundAsync(repository);
    }

    public static TheoryData<string, IncomingFrame, FrameRejection> BadFrames()
    {
        byte[] chunk = Encoding.ASCII.GetBytes(new string('a', 5000));
        IncomingFrame good = TestBackup.FrameOf(true, chunk);
        IncomingFrame raw = TestBackup.FrameOf(false, chunk);
        byte[] bomb = new byte[4 << 20];
        IncomingFrame bombFrame = TestBackup.FrameOf(true, bomb);
        byte[] damaged = good.Payload.ToArray();
        damaged[^3] ^= 0xFF;
        return new TheoryData<string, IncomingFrame, FrameRejection>
        {
            { "nothing", default, FrameRejection.WrongShape },
            { "no lengths", good with { Lengths = Array.Empty<int>() }, FrameRejection.WrongShape },
            { "negative", good with { Lengths = new[] { -1 } }, FrameRejection.WrongShape },
            { "zero", good with { Lengths = new[] { 0 } }, FrameRejection.WrongShape },
            { "2^31-1", good with { Lengths = new[] { int.MaxValue } }, FrameRejection.WrongShape },
            { "sum too large", Many(2, 3 << 20), FrameRejection.WrongShape },
            { "sum overflows", Many(30_000, 4 << 20), FrameRejection.WrongShape },
            { "too many", Many(40_000, 1), FrameRejection.WrongShape },
            { "raw too short", raw with { Payload = raw.Payload[1..] }, FrameRejection.WrongShape },
            { "wrong id", raw with { Chunks = new[] { ChunkId.Of([1]) } }, FrameRejection.WrongHash },
            { "shorter than the content", good with { Lengths = new[] { 4999 } }, FrameRejection.NotDecompressible },
            { "longer than the content", good with { Lengths = new[] { 5001 } }, FrameRejection.NotDecompressible },
            { "a bomb", bombFrame with { Lengths = new[] { 10 } }, FrameRejection.NotDecompressible },
            { "damaged", good with { Payload = damaged }, FrameRejection.NotDecompressible },
            { "empty", good with { Payload = ReadOnlyMemory<byte>.Empty }, FrameRejection.NotDecompressible },
            { "trailing bytes", good with { Payload = (byte[])[.. good.Payload.Span, 1, 2, 3] }, FrameRejection.NotDecompressible },
        };
    }

    [Fact]
    public async Task Commit_ChunkMissing_IsRejectedAndNothingIsWritten()
    {
        using TestRepository repository = await TestRepository.CreateAsync();
        await using RepositoryWriter writer = await repository.OpenWriterAsync();
        SnapshotManifest sound = await TestBackup.UploadAsync(writer, TestBackup.Files(3), TestBackup.Source, TimeProvider.System);
        using ChunkListBuilder lacking = new();
        lacking.Add(ChunkId.Of("never sent"u8));
        lacking.Add(sound.Root);
        ChunkList list = await lacking.FinishAsync(writer, default);
        SnapshotManifest[] bad =
        [
            sound with { Root = ChunkId.Of("no such root"u8) },
            sound with { ChunkList = [ChunkId.Of("no such list"u8)] },
            sound with { ChunkList = [], Chunks = 0 },
            sound with { Chunks = sound.Chunks + 1 },
            sound with { ChunkList = [.. sound.ChunkList, sound.Root] },
            sound with { ChunkList = list.Chunks, Chunks = list.Count },
        ];
        foreach (SnapshotManifest manifest in bad)
        {
            await Assert.ThrowsAsync<ManifestRejectedException>(() => writer.CommitSnapshotAsync(manifest, default));
        }

        RestorePointManifest dangling = TestBackup.RestorePointOf(sound, TimeProvider.System);
        await Assert.ThrowsAsync<ManifestRejectedException>(() => writer.CommitRestorePointAsync(dangling, default));
        Assert.Empty(await repository.Store.ListAsync("snapshots/", default).ToListAsync());
        await writer.CommitSnapshotAsync(sound, default);
        await Assert.ThrowsAsync<ManifestRejectedException>(
            () => writer.CommitRestorePointAsync(
                dangling with { Sources = [dangling.Sources[0] with { Source = TestBackup.Source with { Node = "other" } }] }, default));
        await writer.CommitRestorePointAsync(dangling, default);
        await RepositoryCheck.AssertSoundAsync(repository);
    }

    [Fact]
    public async Task Commit_Twice_SucceedsForTheSameAndFailsForAnother()
    {
        using TestRepository repository = await TestRepository.CreateAsync();
        await using RepositoryWriter writer = await repository.OpenWriterAsync();
        (SnapshotManifest snapshot, RestorePointManifest point) = await TestBackup.BackUpAsync(writer, TestBackup.Files(4));

        await writer.CommitSnapshotAsync(snapshot, default);
        await writer.CommitRestorePointAsync(point, default);
        await Assert.ThrowsAsync<ObjectTakenException>(() => writer.CommitSnapshotAsync(snapshot with { Plan = "other" }, default));

        await TestBackup.BackUpAsync(writer, TestBackup.Files(5));
        await RepositoryCheck.AssertSoundAsync(repository);
    }

    [Fact]
    public async Task TwoWriters_TheOlder_IsFencedAtItsNextCommit()
    {
        using TestRepository repository = await TestRepository.CreateAsync();
        await using RepositoryWriter older = await repository.OpenWriterAsync();
        SnapshotManifest late = await TestBackup.UploadAsync(older, TestBackup.Files(6), TestBackup.Source, TimeProvider.System);
        await using RepositoryWriter newer = await repository.OpenWriterAsync();
        Assert.Equal(older.Generation + 1, newer.Generation);

        WriterFencedException error = await Assert.ThrowsAsync<WriterFencedException>(() => older.CommitSnapshotAsync(late, default));

        Assert.Equal((older.Generation, newer.Generation), (error.Own, error.Current));
        Assert.Empty(await repository.Store.ListAsync("snapshots/", default).ToListAsync());
        await TestBackup.BackUpAsync(newer, TestBackup.Files(6));
        await RepositoryCheck.AssertSoundAsync(repository);
    }

    [Fact]
    public async Task Store_AfterBackup_HoldsNoPlaintext()
    {
        InMemoryObjectStore store = new();
        using TestRepository repository = await TestRepository.CreateAsync(store);
        byte[] canary = Encoding.ASCII.GetBytes("CANARY-7f3a-very-secret-content");
        Dictionary<string, byte[]> files = new() { ["dir-0/secret-file-name"] = [.. canary, .. new byte[20_000], .. canary] };
        await using (RepositoryWriter writer = await repository.OpenWriterAsync())
        {
            await TestBackup.BackUpAsync(writer, files);
        }

        byte[] digest = ChunkId.Of(files.Values.First().AsSpan(0, 10_000)).ToArray();
        await foreach (ObjectInfo info in store.ListAsync("", default))
        {
            byte[] content = await store.GetAsync(info.Name, int.MaxValue, default);
            foreach (byte[] secret in (byte[][])[canary, "secret-file-name"u8.ToArray(), "node-1"u8.ToArray(), digest])
            {
                Assert.True(content.AsSpan().IndexOf(secret) < 0, info.Name);
            }
        }

        await RepositoryCheck.AssertSoundAsync(repository);
    }

    [Fact]
    public async Task Store_PackSizes_AreSizeClasses()
    {
        using TestRepository repository = await TestRepository.CreateAsync();
        HashSet<long> lengths = [];
        for (int size = 100; size < 4_000; size += 300)
        {
            await using RepositoryWriter writer = await repository.OpenWriterAsync();
            await writer.AddFrameAsync(TestBackup.FrameOf(false, Chunks(size, 1, size)), default);
            await writer.FlushAsync(default);
        }

        await foreach (ObjectInfo info in repository.Store.ListAsync("packs/", default))
        {
            lengths.Add(info.Length);
        }

        Assert.Single(lengths);
        await RepositoryCheck.AssertSoundAsync(repository);
    }

    [Fact]
    public async Task Add_UploadsStuck_WaitsAndCanBeCancelled()
    {
        InMemoryObjectStore inner = new();
        using TestRepository repository = await TestRepository.CreateAsync(inner);
        FaultyObjectStore stuck = new(
            inner,
            TimeProvider.System,
            new FaultRule { Kind = FaultKind.Delay, Operations = StoreOperations.Put, NamePrefix = "packs/", Delay = TimeSpan.FromDays(1) });
        await using RepositoryWriter writer = await repository.OpenWriterAsync(stuck);
        using CancellationTokenSource cancel = new();
        int added = 0;
        Task adding = Task.Run(async () =>
        {
            foreach (byte[] chunk in Chunks(8, 40, 40_000))
            {
                await writer.AddFrameAsync(TestBackup.FrameOf(false, chunk), cancel.Token);
                Interlocked.Increment(ref added);
            }
        });

        // Three packs of one chunk each are on their way; the fourth chunk waits for the first of them.
        while (Volatile.Read(ref added) < 3)
        {
            await Task.Yield();
        }

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => adding);
        Assert.Equal(3, added);
        await RepositoryCheck.AssertSoundAsync(inner, repository.Keys);
    }

    private static IncomingFrame Many(int count, int length) => new(
        Enumerable.Repeat(ChunkId.Of([1]), count).ToArray(), Enumerable.Repeat(length, count).ToArray(), true, new byte[100]);

    private static byte[][] Chunks(int seed, int count, int bytes)
    {
        Random random = new(seed);
        byte[][] chunks = new byte[count][];
        for (int i = 0; i < count; i++)
        {
            chunks[i] = new byte[bytes];
            random.NextBytes(chunks[i].AsSpan(0, Math.Max(1, bytes / 2)));
        }

        return chunks;
    }
}
