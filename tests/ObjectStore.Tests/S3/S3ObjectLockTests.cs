using Amazon.S3.Model;
using K8sBackup.ObjectStore.Opening;
using K8sBackup.ObjectStore.S3;
using K8sBackup.TestKit.ObjectGateways;

namespace K8sBackup.ObjectStore.Tests.S3;

/// <summary>Retention and versions, against a bucket with object lock.</summary>
[Collection(CephFixture.Collection)]
public sealed class S3ObjectLockTests
{
    private readonly CephFixture _ceph;

    public S3ObjectLockTests(CephFixture ceph) => _ceph = ceph;

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    [Fact]
    public async Task Delete_UnderRetention_IsRefusedAndNothingIsHidden()
    {
        string bucket = await _ceph.NewBucketAsync(isVersioned: true, isLocked: true);
        using OpenedStore opened = await CephFixture.OpenAsync(Locked(bucket, TimeSpan.FromDays(2)));
        await opened.Store.PutIfAbsentAsync("packs/1", new byte[10], default);

        ObjectStoreException error = await Assert.ThrowsAsync<ObjectStoreException>(() => opened.Store.DeleteAsync("packs/1", default));

        Assert.Equal(ObjectStoreError.Retained, error.Error);
        Assert.True(error.IsPermanent);
        Assert.Equal(10, (await opened.Store.GetAsync("packs/1", 10, default)).Length);
        DateTimeOffset? until = await opened.Retention!.RetainedUntilAsync("packs/1", default);
        Assert.InRange(until!.Value, Now.AddDays(2).AddMinutes(-5), Now.AddDays(2).AddMinutes(5));
    }

    [Fact]
    public async Task Extend_LaterAndEarlier_OnlyMovesLater()
    {
        string bucket = await _ceph.NewBucketAsync(isVersioned: true, isLocked: true);
        using OpenedStore opened = await CephFixture.OpenAsync(Locked(bucket, TimeSpan.FromDays(2)));
        await opened.Store.PutIfAbsentAsync("packs/1", new byte[10], default);
        DateTimeOffset later = Now.AddDays(9);

        await opened.Retention!.ExtendAsync("packs/1", later, default);
        await opened.Retention.ExtendAsync("packs/1", later.AddDays(-5), default);

        DateTimeOffset? until = await opened.Retention.RetainedUntilAsync("packs/1", default);
        Assert.InRange(until!.Value, later.AddSeconds(-2), later.AddSeconds(2));
        Assert.Equal(
            ObjectStoreError.NotFound,
            (await Assert.ThrowsAsync<ObjectStoreException>(() => opened.Retention.ExtendAsync("packs/none", later, default))).Error);
    }

    [Fact]
    public async Task Delete_RetentionOver_FreesEveryVersion()
    {
        string bucket = await _ceph.NewBucketAsync(isVersioned: true, isLocked: true);
        using OpenedStore opened = await CephFixture.OpenAsync(Locked(bucket, TimeSpan.FromDays(2)) with { ObjectLock = null });
        await opened.Store.PutIfAbsentAsync("a", new byte[10], default);
        await opened.Store.PutIfAbsentAsync("ab", new byte[10], default);
        ObjectVersion? version = await opened.Store.CompareAndSwapAsync("state", null, new byte[1], default);
        await opened.Store.CompareAndSwapAsync("state", version, new byte[2], default);
        // Somebody else's marker hides the object; it is not gone.
        await _ceph.Client.DeleteObjectAsync(new DeleteObjectRequest { BucketName = bucket, Key = "prod/k8s/a" });

        await opened.Store.DeleteAsync("a", default);
        await opened.Store.DeleteAsync("state", default);

        ListVersionsResponse left = await _ceph.Client.ListVersionsAsync(new ListVersionsRequest { BucketName = bucket });
        Assert.Equal(["prod/k8s/ab"], left.Versions.Select(v => v.Key));
    }

    [Fact]
    public async Task Open_BucketWithoutLock_IsRefused()
    {
        ObjectStoreException error = await RefusedAsync(Locked(await _ceph.NewBucketAsync(), TimeSpan.FromDays(2)));
        Assert.Contains("object lock has to be enabled", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_EndpointForgetsRetention_IsRefused()
    {
        await using FaultProxy proxy = await FaultProxy.StartAsync(_ceph.Server.Endpoint, new HttpFault(HttpFaultKind.Answer) { Method = "HEAD", Target = "/locked", Status = 200, Code = "" });
        S3Options bucket = Locked(await _ceph.NewBucketAsync(isVersioned: true, isLocked: true), TimeSpan.FromDays(2)) with { Endpoint = proxy.Endpoint };

        ObjectStoreException error = await RefusedAsync(bucket);

        Assert.Contains("took the retention and does not show it", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_EndpointForgetsRetentionLater_IsNoSuccess()
    {
        await using FaultProxy proxy = await FaultProxy.StartAsync(_ceph.Server.Endpoint);
        string bucket = await _ceph.NewBucketAsync(isVersioned: true, isLocked: true);
        using OpenedStore opened = await CephFixture.OpenAsync(Locked(bucket, TimeSpan.FromDays(2)) with { Endpoint = proxy.Endpoint });
        await opened.Store.PutIfAbsentAsync("packs/1", new byte[10], default);

        // What asks whether the name is free is told the truth.
        proxy.Add(new HttpFault(HttpFaultKind.Answer) { Method = "HEAD", Target = "/packs/2", Skip = 1, Status = 200, Code = "" });
        ObjectStoreException put = await Assert.ThrowsAsync<ObjectStoreException>(() => opened.Store.PutIfAbsentAsync("packs/2", new byte[10], default));
        proxy.Add(new HttpFault(HttpFaultKind.Answer) { Method = "PUT", Target = "retention", Status = 200, Body = "" });
        ObjectStoreException extend = await Assert.ThrowsAsync<ObjectStoreException>(() => opened.Retention!.ExtendAsync("packs/1", Now.AddDays(9), default));

        Assert.All([put, extend], e => Assert.Equal(ObjectStoreError.Unsuitable, e.Error));
        Assert.Contains("took the retention and does not show it", put.Message, StringComparison.Ordinal);
        Assert.Contains("the endpoint took retention until", extend.Message, StringComparison.Ordinal);
    }

    private static async Task<ObjectStoreException> RefusedAsync(S3Options bucket)
    {
        ObjectStoreException error = await Assert.ThrowsAsync<ObjectStoreException>(() => CephFixture.OpenAsync(bucket));
        Assert.Equal(ObjectStoreError.Unsuitable, error.Error);
        return error;
    }

    // This server keeps no conditions in versioned buckets, and lock needs versions.
    private S3Options Locked(string bucket, TimeSpan period) => _ceph.Bucket(bucket) with
    {
        ObjectLock = new S3ObjectLock(S3LockMode.Compliance, period),
        ConditionalWrites = S3ConditionalWrites.SingleWriter,
    };
}
