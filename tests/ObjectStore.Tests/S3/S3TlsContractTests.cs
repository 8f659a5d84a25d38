using K8sBackup.ObjectStore.Opening;

namespace K8sBackup.ObjectStore.Tests.S3;

/// <summary>The same over TLS, with an authority only the options know.</summary>
public sealed class S3TlsContractTests : S3ContractTests
{
    public S3TlsContractTests(CephFixture ceph)
        : base(ceph)
    {
    }

    protected override Task<OpenedStore> OpenAsync(string bucket) => CephFixture.OpenAsync(Ceph.TlsBucket(bucket));
}
