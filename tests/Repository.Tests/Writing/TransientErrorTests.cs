using K8sBackup.Model.Manifests;
using K8sBackup.ObjectStore;
using K8sBackup.ObjectStore.InMemory;
using K8sBackup.Repository.Checking;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Repository.Tests.Writing;

/// <summary>A store that fails now and then, with nothing below the engine that repeats: one lost answer never ends a writer.</summary>
public sealed class TransientErrorTests
{
    private static readonly IReadOnlyDictionary<string, byte[]> s_files = TestBackup.Files(41, count: 8);

    [Fact]
    public async Task Publish_AnswerLostAndAskingFailsToo_IsSettled()
    {
        foreach (string prefix in new[] { "packs/", "index/", "snapshots/", "restore-points/" })
        {
            await AssertBackUpSucceedsAsync(
                new FaultRule { Kind = FaultKind.ErrorAfterApply, Operations = StoreOperations.Put, NamePrefix = prefix, Count = 1 },
                new FaultRule { Kind = FaultKind.ErrorInstead, Operations = StoreOperations.Head, NamePrefix = prefix, Count = 1 });
        }
    }

    [Fact]
    public async Task Publish_LastAttemptLost_IsSettledByAsking()
    {
        InMemoryObjectStore inner = new();
        FaultyObjectStore lossy = new(
            inner,
            TimeProvider.System,
            new FaultRule { Kind = FaultKind.ErrorInstead, Operations = StoreOperations.Put, Count = 2 },
            new FaultRule { Kind = FaultKind.ErrorAfterApply, Operations = StoreOperations.Put, Skip = 2, Count = 1 });

        await ObjectPublisher.PublishAsync(lossy, "index/x", new byte[] { 1, 2, 3 }, default);

        Assert.Equal([1, 2, 3], await inner.GetAsync("index/x", 10, default));
    }

    [Fact]
    public async Task Publish_NeverSettled_FailsWithTheStoresError()
    {
        FaultyObjectStore dead = new(new InMemoryObjectStore(), TimeProvider.System, new FaultRule { Kind = FaultKind.ErrorInstead });

        ObjectStoreException error = await Assert.ThrowsAsync<ObjectStoreException>(
            () => ObjectPublisher.PublishAsync(dead, "index/x", new byte[3], default));

        Assert.Equal(ObjectStoreError.Unavailable, error.Error);
        Assert.Equal(3, dead.Writes);
    }

    // The object is there to see, and a second attempt would be told that it exists: the disk has lost it all the same.
    [Fact]
    public async Task Publish_DiskDidNotKeepIt_IsNotSettledByLookingOrAskingAgain()
    {
        FaultyObjectStore disk = new(
            new InMemoryObjectStore(),
            TimeProvider.System,
            new FaultRule { Kind = FaultKind.ErrorAfterApply, Operations = StoreOperations.Put, Error = ObjectStoreError.NotDurable, Count = 1 });

        ObjectStoreException error = await Assert.ThrowsAsync<ObjectStoreException>(
            () => ObjectPublisher.PublishAsync(disk, "index/x", new byte[3], default));

        Assert.Equal(ObjectStoreError.NotDurable, error.Error);
        Assert.Equal(1, disk.Writes);
    }

    [Theory]
    [InlineData("packs/")]
    [InlineData("index/")]
    [InlineData("snapshots/")]
    public async Task Backup_DiskDidNotKeepAnObject_IsNotCommitted(string prefix)
    {
        using TestRepository repository = await TestRepository.CreateAsync();
        FaultyObjectStore disk = new(
            repository.Store,
            TimeProvider.System,
            new FaultRule { Kind = FaultKind.ErrorAfterApply, Operations = StoreOperations.Put, NamePrefix = prefix, Error = ObjectStoreError.NotDurable, Count = 1 });
        await using (RepositoryWriter writer = await repository.OpenWriterAsync(disk))
        {
            await Assert.ThrowsAnyAsync<Exception>(() => TestBackup.BackUpAsync(writer, s_files));

            // What it was told is lost it does not write again: the next writer begins with what is durable.
            await Assert.ThrowsAsync<WriterFailedException>(() => TestBackup.BackUpAsync(writer, s_files));
        }

        Assert.Empty(await ((InMemoryObjectStore)repository.Store).NamesAsync("restore-points/"));
        await using RepositoryWriter next = await repository.OpenWriterAsync();
        await TestBackup.BackUpAsync(next, s_files);
        await RepositoryCheck.AssertSoundAsync(repository);
    }

    [Fact]
    public async Task Lease_ReadFailsTwice_WriterGoesOn() => await AssertBackUpSucceedsAsync(
        new FaultRule { Kind = FaultKind.ErrorInstead, Operations = StoreOperations.GetVersioned, Count = 2 },
        new FaultRule { Kind = FaultKind.ErrorInstead, Operations = StoreOperations.GetVersioned, Skip = 4, Count = 2 });

    [Theory]
    [InlineData("snapshots/")]
    [InlineData("restore-points/")]
    public async Task Commit_CannotBeReadBack_IsCommittedAllTheSame(string prefix) => await AssertBackUpSucceedsAsync(
        new FaultRule { Kind = FaultKind.ErrorInstead, Operations = StoreOperations.Get, NamePrefix = prefix, Count = 3 });

    [Fact]
    public async Task Commit_ReadBackDamaged_IsReported()
    {
        InMemoryObjectStore inner = new();
        using TestRepository repository = await TestRepository.CreateAsync(inner);
        FaultyObjectStore rotten = new(
            inner, TimeProvider.System, new FaultRule { Kind = FaultKind.Damage, Operations = StoreOperations.Put, NamePrefix = "snapshots/", Offset = 200 });
        await using RepositoryWriter writer = await repository.OpenWriterAsync(rotten);

        await Assert.ThrowsAsync<RepositoryCorruptException>(() => TestBackup.BackUpAsync(writer, s_files));
    }

    [Fact]
    public async Task Commit_CallerStopsWaitingAfterThePut_StillReportsTheCommit()
    {
        InMemoryObjectStore inner = new();
        using TestRepository repository = await TestRepository.CreateAsync(inner);
        using CancellationTokenSource cancel = new();
        HookedStore hooked = new(inner, name =>
        {
            if (name.StartsWith("snapshots/", StringComparison.Ordinal))
            {
                cancel.Cancel();
            }
        });
        await using RepositoryWriter writer = await repository.OpenWriterAsync(hooked);
        SnapshotManifest snapshot = await TestBackup.UploadAsync(writer, s_files, TestBackup.Source, TimeProvider.System);

        await writer.CommitSnapshotAsync(snapshot, cancel.Token);

        Assert.True(cancel.IsCancellationRequested);
        await RepositoryCheck.AssertSoundAsync(repository);
    }

    private static async Task AssertBackUpSucceedsAsync(params FaultRule[] rules)
    {
        InMemoryObjectStore inner = new();
        using TestRepository repository = await TestRepository.CreateAsync(inner);
        FaultyObjectStore flaky = new(inner, TimeProvider.System, rules);
        await using (RepositoryWriter writer = await repository.OpenWriterAsync(flaky))
        {
            await TestBackup.BackUpAsync(writer, s_files);
        }

        CheckReport report = await RepositoryCheck.AssertSoundAsync(repository);
        Assert.Equal((1, 1, 0), (report.Snapshots, report.RestorePoints, report.OrphanCount));
    }
}
