using K8sBackup.ObjectStore.Opening;
using K8sBackup.TestKit.ObjectStores;

namespace K8sBackup.ObjectStore.Tests.S3;

/// <summary>The contract against the real server over plain HTTP, as the factory composes it.</summary>
[Collection(CephFixture.Collection)]
public class S3ContractTests : ObjectStoreContract, IAsyncLifetime
{
    private OpenedStore? _opened;

    public S3ContractTests(CephFixture ceph) => Ceph = ceph;

    protected CephFixture Ceph { get; }

    protected override IObjectStore Store => _opened!.Store;

    public async Task InitializeAsync() => _opened = await OpenAsync(await Ceph.NewBucketAsync());

    public Task DisposeAsync()
    {
        _opened?.Dispose();
        return Task.CompletedTask;
    }

    protected virtual Task<OpenedStore> OpenAsync(string bucket) => CephFixture.OpenAsync(Ceph.Bucket(bucket));
}
