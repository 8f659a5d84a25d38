using K8sBackup.Model.Manifests;
using K8sBackup.ObjectStore;
using K8sBackup.ObjectStore.InMemory;
using K8sBackup.ObjectStore.Local;
using K8sBackup.Repository.Checking;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Snapshots;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Processes;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Repository.Tests.Writing;

/// <summary>The store fails at every write in turn, as in a crash between any two of them (promise P6).</summary>
public sealed class CrashTests
{
    private static readonly IReadOnlyDictionary<string, byte[]> s_first = TestBackup.Files(1, count: 8);
    private static readonly IReadOnlyDictionary<string, byte[]> s_second = TestBackup.Files(2, count: 8);

    [Theory]
    [InlineData(FaultKind.ErrorInstead)]
    [InlineData(FaultKind.ErrorAfterApply)]
    public async Task Backup_StoreStopsAtAnyWrite_EarlierRestoresAndTheNextWriterWorks(FaultKind kind)
    {
        int reached = 0;
        for (int writes = 0; writes < 60; writes++)
        {
            InMemoryObjectStore inner = new();
            using TestRepository repository = await TestRepository.CreateAsync(inner);
            SnapshotManifest first = await BackUpAsync(repository, s_first);
            // Without Head an uncertain outcome cannot be settled, so the writer ends although its last write took effect.
            // Snapshots keep it, because a restore point asks for them.
            FaultyObjectStore stopping = new(
                inner,
                TimeProvider.System,
                new FaultRule { Kind = kind, Operations = StoreOperations.Writes, Skip = writes },
                new FaultRule { Kind = FaultKind.ErrorInstead, Operations = StoreOperations.Head, NamePrefix = "packs/" },
                new FaultRule { Kind = FaultKind.ErrorInstead, Operations = StoreOperations.Head, NamePrefix = "index/" },
                new FaultRule { Kind = FaultKind.ErrorInstead, Operations = StoreOperations.Head, NamePrefix = "restore-points/" });
            bool finished = await TryBackUpAsync(repository, stopping, s_second);
            reached = writes;

            using (OpenRepository reader = await repository.OpenAsync())
            {
                await TestBackup.AssertRestoresAsync(reader, first, s_first);
                await foreach (SnapshotEntry entry in reader.Catalog.SnapshotsAsync(null, default))
                {
                    Assert.NotNull(entry.Manifest);
                    await TestBackup.AssertRestoresAsync(reader, entry.Manifest, entry.Manifest.Id == first.Id ? s_first : s_second);
                }
            }

            SnapshotManifest next = await BackUpAsync(repository, s_second);
            using (OpenRepository reader = await repository.OpenAsync())
            {
                await TestBackup.AssertRestoresAsync(reader, next, s_second);
            }

            await RepositoryCheck.AssertSoundAsync(repository);
            if (finished)
            {
                break;
            }
        }

        // State, several packs, index segment, two manifests at least: the loop must have stopped the store at each of them.
        Assert.InRange(reached, 6, 58);
    }

    [Fact]
    public async Task Backup_AnyWriteAppliedButReportedFailed_IsSettledByHead()
    {
        for (int write = 0; write < 12; write++)
        {
            InMemoryObjectStore inner = new();
            using TestRepository repository = await TestRepository.CreateAsync(inner);
            FaultyObjectStore uncertain = new(
                inner,
                TimeProvider.System,
                new FaultRule { Kind = FaultKind.ErrorAfterApply, Operations = StoreOperations.Writes, Skip = write, Count = 1 });

            Assert.True(await TryBackUpAsync(repository, uncertain, s_first), $"write {write}");

            CheckReport report = await RepositoryCheck.AssertSoundAsync(repository);
            Assert.Equal((1, 1, 0), (report.Snapshots, report.RestorePoints, report.OrphanCount));
        }
    }

    [Fact]
    public async Task Backup_OnePutNeverArrives_IsRepeated()
    {
        for (int write = 1; write < 12; write++)
        {
            InMemoryObjectStore inner = new();
            using TestRepository repository = await TestRepository.CreateAsync(inner);
            FaultyObjectStore lossy = new(
                inner,
                TimeProvider.System,
                new FaultRule { Kind = FaultKind.ErrorInstead, Operations = StoreOperations.Writes, Skip = write, Count = 1 });

            Assert.True(await TryBackUpAsync(repository, lossy, s_first), $"write {write}");
            await RepositoryCheck.AssertSoundAsync(repository);
        }
    }

    [Fact]
    public async Task Writer_AfterAFailedWrite_ReportsTheFirstFailureEverywhere()
    {
        InMemoryObjectStore inner = new();
        using TestRepository repository = await TestRepository.CreateAsync(inner);
        FaultyObjectStore failing = new(
            inner,
            TimeProvider.System,
            new FaultRule { Kind = FaultKind.ErrorInstead, Operations = StoreOperations.Put, NamePrefix = "packs/", Error = ObjectStoreError.NoSpace });
        await using RepositoryWriter writer = await repository.OpenWriterAsync(failing);
        FrameReceipt receipt = await writer.AddFrameAsync(TestBackup.FrameOf(false, new byte[1000]), default);

        WriterFailedException first = await Assert.ThrowsAsync<WriterFailedException>(() => writer.FlushAsync(default));

        ObjectStoreException cause = Assert.IsType<ObjectStoreException>(first.InnerException);
        Assert.Equal(ObjectStoreError.NoSpace, cause.Error);
        failing.ClearRules();
        Func<Task>[] later =
        [
            () => writer.AddFrameAsync(TestBackup.FrameOf(false, new byte[2000]), default).AsTask(),
            () => writer.FlushAsync(default),
            () => writer.CommitRestorePointAsync(null!, default),
            () => receipt.Durable,
        ];
        Assert.Same(cause, (await Assert.ThrowsAsync<WriterFailedException>(later[0])).InnerException);
        Assert.Same(cause, (await Assert.ThrowsAsync<WriterFailedException>(later[1])).InnerException);
        await Assert.ThrowsAsync<ArgumentNullException>(later[2]);
        Assert.Same(cause, (await Assert.ThrowsAsync<WriterFailedException>(later[3])).InnerException);
        await RepositoryCheck.AssertSoundAsync(repository);
    }

    [Fact]
    public async Task Backup_DiskFullAndThenNot_EarlierRestoresAndTheNextSucceeds()
    {
        using TemporaryDirectory directory = new();
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", directory.Path);
        try
        {
            using TestRepository repository = await TestRepository.CreateAsync(LocalObjectStore.Open(Path.Combine(directory.Path, "store")));
            SnapshotManifest first = await BackUpAsync(repository, s_first);
            await using (RepositoryWriter writer = await repository.OpenWriterAsync())
            {
                WriterFailedException error = await Assert.ThrowsAsync<WriterFailedException>(
                    () => TestBackup.BackUpAsync(writer, TestBackup.Files(3, count: 200)));
                Assert.Equal(ObjectStoreError.NoSpace, Assert.IsType<ObjectStoreException>(error.InnerException).Error);
            }

            using (OpenRepository reader = await repository.OpenAsync())
            {
                await TestBackup.AssertRestoresAsync(reader, first, s_first);
            }

            await RunAsync("mount", "-o", "remount,size=30m", directory.Path);
            await BackUpAsync(repository, s_second);
            await RepositoryCheck.AssertSoundAsync(repository);
        }
        finally
        {
            await RunAsync("umount", directory.Path);
        }
    }

    private static async Task<SnapshotManifest> BackUpAsync(TestRepository repository, IReadOnlyDictionary<string, byte[]> files)
    {
        await using RepositoryWriter writer = await repository.OpenWriterAsync();
        return (await TestBackup.BackUpAsync(writer, files)).Snapshot;
    }

    private static async Task<bool> TryBackUpAsync(
        TestRepository repository, IObjectStore store, IReadOnlyDictionary<string, byte[]> files)
    {
        try
        {
            await using RepositoryWriter writer = await repository.OpenWriterAsync(store);
            await TestBackup.BackUpAsync(writer, files);
            return true;
        }
        catch (Exception e) when (e is ObjectStoreException or WriterFailedException)
        {
            return false;
        }
    }

    private static async Task RunAsync(string program, params string[] arguments) =>
        Assert.Equal(0, (await ChildProcess.RunAsync(program, arguments, TimeSpan.FromMinutes(1))).ExitCode);
}
