using K8sBackup.ObjectStore;
using K8sBackup.ObjectStore.InMemory;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Repository.Tests.Writing;

/// <summary>What the memory of the whole process says about a writer; so nothing else may run beside it.</summary>
[Collection(ProcessMemoryCollection.Name)]
public sealed class WriterBuffersTests
{
    [Fact]
    public async Task Writer_AfterFailure_GivesItsBuffersBack()
    {
        InMemoryObjectStore inner = new();
        using TestRepository repository = await TestRepository.CreateAsync(inner);
        FaultyObjectStore failing = new(
            inner,
            TimeProvider.System,
            new FaultRule { Kind = FaultKind.ErrorInstead, Operations = StoreOperations.Put, NamePrefix = "packs/", Error = ObjectStoreError.NoSpace });
        long before = GC.GetTotalMemory(forceFullCollection: true);
        await using RepositoryWriter writer = await repository.OpenWriterAsync(failing, new RepositoryWriterOptions { PackTargetBytes = 64 << 20 });
        await writer.AddFrameAsync(TestBackup.FrameOf(false, new byte[1000]), default);
        long filled = GC.GetTotalMemory(forceFullCollection: true);

        await Assert.ThrowsAsync<WriterFailedException>(() => writer.FlushAsync(default));

        long after = long.MaxValue;
        for (int i = 0; i < 100 && after - before > 32 << 20; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            after = GC.GetTotalMemory(forceFullCollection: true);
        }

        Assert.True(filled - before > 60 << 20, $"{filled - before} bytes while a pack is filled");
        Assert.True(after - before < 32 << 20, $"{after - before} bytes after the failure");
    }
}
