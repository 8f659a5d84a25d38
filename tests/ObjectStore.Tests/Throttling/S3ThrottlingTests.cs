using System.Diagnostics;
using K8sBackup.ObjectStore.Opening;
using K8sBackup.ObjectStore.Tests.S3;
using K8sBackup.ObjectStore.Throttling;

namespace K8sBackup.ObjectStore.Tests.Throttling;

[Collection(CephFixture.Collection)]
public sealed class S3ThrottlingTests
{
    private const int Rate = 1_000_000;

    private readonly CephFixture _ceph;

    public S3ThrottlingTests(CephFixture ceph) => _ceph = ceph;

    [Fact]
    public async Task PutAndGet_OverHttp_AreNotFasterThanTheRate()
    {
        StoreOptions options = new() { S3 = _ceph.TlsBucket(await _ceph.NewBucketAsync()), Throttle = new ThrottleOptions(Rate, Rate) };
        using OpenedStore opened = await StoreFactory.OpenAsync(options, StoreUse.Existing, TimeProvider.System, default);
        byte[] content = new byte[2 * Rate];
        new Random(3).NextBytes(content);

        Stopwatch put = Stopwatch.StartNew();
        await opened.Store.PutIfAbsentAsync("a", content, default);
        put.Stop();
        Stopwatch get = Stopwatch.StartNew();
        byte[] read = await opened.Store.GetAsync("a", int.MaxValue, default);
        get.Stop();

        // Only the lower bound: a busy machine may be slower, and never faster.
        Assert.Equal(content, read);
        Assert.True(put.Elapsed > TimeSpan.FromSeconds(1.7), $"{put.Elapsed}");
        Assert.True(get.Elapsed > TimeSpan.FromSeconds(1.7), $"{get.Elapsed}");
    }
}
