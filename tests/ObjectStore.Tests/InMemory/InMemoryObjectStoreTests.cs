using K8sBackup.ObjectStore.InMemory;
using K8sBackup.TestKit.ObjectStores;

namespace K8sBackup.ObjectStore.Tests.InMemory;

public sealed class InMemoryObjectStoreTests : ObjectStoreContract
{
    protected override IObjectStore Store { get; } = new InMemoryObjectStore();

    [Fact]
    public async Task Get_ContentChangedByTheCaller_KeepsItsOwnCopy()
    {
        byte[] content = [1, 2, 3];
        await Store.PutIfAbsentAsync("copy", content, default);
        content[0] = 9;
        (await Store.GetAsync("copy", 10, default))[1] = 9;

        Assert.Equal([1, 2, 3], await Store.GetAsync("copy", 10, default));
    }
}
