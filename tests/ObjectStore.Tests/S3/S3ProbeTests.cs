using Amazon.S3.Model;
using K8sBackup.ObjectStore.Contract;
using K8sBackup.ObjectStore.Opening;
using K8sBackup.ObjectStore.S3;
using K8sBackup.TestKit.ObjectGateways;

namespace K8sBackup.ObjectStore.Tests.S3;

/// <summary>Endpoints that do not do what they say, refused or put up with when a store is opened.</summary>
[Collection(CephFixture.Collection)]
public sealed class S3ProbeTests
{
    private const string EmptyListing = "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>";

    private readonly CephFixture _ceph;

    public S3ProbeTests(CephFixture ceph) => _ceph = ceph;

    [Theory]
    [InlineData("If-None-Match", "overwrites although asked not to (If-None-Match)")]
    [InlineData("If-Match", "on condition of its entity tag (If-Match)")]
    [InlineData("Range", "ranges")]
    public async Task Open_EndpointIgnoresAHeader_IsRefused(string header, string expected)
    {
        await using FaultProxy proxy = await FaultProxy.StartAsync(_ceph.Server.Endpoint, new HttpFault(HttpFaultKind.StripHeaders) { Headers = header });
        string bucket = await _ceph.NewOpenBucketAsync();

        ObjectStoreException error = await Assert.ThrowsAsync<ObjectStoreException>(() => CephFixture.OpenAsync(_ceph.Bucket(bucket, proxy.Endpoint)));

        Assert.Equal(ObjectStoreError.Unsuitable, error.Error);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Empty((await _ceph.Client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = bucket })).S3Objects ?? []);
    }

    [Theory]
    [InlineData("list-type=2", 200, EmptyListing, "a listing does not show what was just written")]
    [InlineData("/empty", 404, null, "it does not keep empty objects")]
    [InlineData("/first", 404, null, "an object cannot be read after it was written")]
    public async Task Open_EndpointForgetsWhatItTook_IsRefused(string target, int status, string? body, string expected)
    {
        await using FaultProxy proxy = await FaultProxy.StartAsync(
            _ceph.Server.Endpoint, new HttpFault(HttpFaultKind.Answer) { Method = "GET", Target = target, Status = status, Code = "NoSuchKey", Body = body });
        string bucket = await _ceph.NewBucketAsync();

        ObjectStoreException error = await Assert.ThrowsAsync<ObjectStoreException>(() => CephFixture.OpenAsync(_ceph.Bucket(bucket, proxy.Endpoint)));

        Assert.Equal(ObjectStoreError.Unsuitable, error.Error);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_ConditionsIgnoredAndSingleWriterPromised_WarnsAndKeepsWhatOneWriterNeeds()
    {
        await using FaultProxy proxy = await FaultProxy.StartAsync(_ceph.Server.Endpoint, new HttpFault(HttpFaultKind.StripHeaders) { Headers = "If-" });
        S3Options bucket = _ceph.Bucket(await _ceph.NewOpenBucketAsync(), proxy.Endpoint) with { ConditionalWrites = S3ConditionalWrites.SingleWriter };

        using OpenedStore opened = await CephFixture.OpenAsync(bucket);

        Assert.Contains(opened.Warnings, w => w.Contains("one coordinator alone", StringComparison.Ordinal));
        // Without its signature the content is not checked either.
        Assert.Contains(opened.Warnings, w => w.Contains("read back", StringComparison.Ordinal));
        foreach (ContractCheck check in StoreContract.Checks.Where(c => c.Name is "put-taken" or "swap" or "swap-other" or "delete"))
        {
            await check.RunAsync(new Scoping.ScopedObjectStore(opened.Store, check.Name), default);
        }
    }

    [Fact]
    public async Task Open_GoodEndpoint_LeavesNothingBehind()
    {
        string bucket = await _ceph.NewBucketAsync();

        using OpenedStore opened = await CephFixture.OpenAsync(_ceph.Bucket(bucket));

        Assert.Empty(opened.Warnings);
        Assert.Empty((await _ceph.Client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = bucket })).S3Objects ?? []);
        Assert.Empty((await _ceph.Client.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = bucket })).MultipartUploads ?? []);
    }

    [Fact]
    public async Task Open_ForReading_WritesNothingAndRefusesWrites()
    {
        string bucket = await _ceph.NewBucketAsync();
        await using FaultProxy proxy = await FaultProxy.StartAsync(_ceph.Server.Endpoint);
        using OpenedStore opened = await CephFixture.OpenAsync(_ceph.Bucket(bucket, proxy.Endpoint), StoreUse.Read);

        foreach (Func<Task> write in (Func<Task>[])
        [
            () => opened.Store.PutIfAbsentAsync("a", new byte[1], default),
            () => opened.Store.DeleteAsync("a", default),
            () => opened.Store.CompareAndSwapAsync("a", null, new byte[1], default),
        ])
        {
            Assert.Equal(ObjectStoreError.PermissionDenied, (await Assert.ThrowsAsync<ObjectStoreException>(write)).Error);
        }

        Assert.Equal(0, proxy.Requests);
    }

    [Fact]
    public async Task Open_NoSuchBucket_IsConfiguration()
    {
        ObjectStoreException error = await Assert.ThrowsAsync<ObjectStoreException>(() => CephFixture.OpenAsync(_ceph.Bucket("no-such-bucket")));
        Assert.Equal(ObjectStoreError.Configuration, error.Error);
        Assert.Contains("no such bucket", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_AuthorityNotTrusted_IsConfiguration()
    {
        string bucket = await _ceph.NewBucketAsync();
        ObjectStoreException error = await Assert.ThrowsAsync<ObjectStoreException>(
            () => CephFixture.OpenAsync(_ceph.TlsBucket(bucket) with { AuthorityFile = null }));
        Assert.Equal(ObjectStoreError.Configuration, error.Error);
        Assert.Contains("not who it should be", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_VersionedBucketOfThisServer_IsRefusedWithTheReason()
    {
        // This release keeps conditions only in buckets without versions.
        string bucket = await _ceph.NewBucketAsync(isVersioned: true);
        ObjectStoreException error = await Assert.ThrowsAsync<ObjectStoreException>(() => CephFixture.OpenAsync(_ceph.Bucket(bucket)));
        Assert.Contains("without versioning", error.Message, StringComparison.Ordinal);
        Assert.Empty((await _ceph.Client.ListVersionsAsync(new ListVersionsRequest { BucketName = bucket })).Versions ?? []);
    }

    [Fact]
    public async Task Put_PartOfALargeObjectIsRefused_LeavesNoPartsAndIsSentAgain()
    {
        await using FaultProxy proxy = await FaultProxy.StartAsync(
            _ceph.Server.Endpoint, new HttpFault(HttpFaultKind.EnforceOnCompletion) { Method = "POST", Target = "uploadId" });
        string bucket = await _ceph.NewOpenBucketAsync();
        using OpenedStore opened = await CephFixture.OpenAsync(
            _ceph.Bucket(bucket, proxy.Endpoint) with { MultipartThreshold = 6 * 1024 * 1024, PartBytes = 5 * 1024 * 1024 });
        byte[] content = new byte[12 * 1024 * 1024];
        new Random(2).NextBytes(content);
        proxy.Add(new HttpFault(HttpFaultKind.Answer) { Method = "PUT", Target = "partNumber=2", Count = 1 });

        Assert.Equal(PutOutcome.Created, await opened.Store.PutIfAbsentAsync("large", content, default));

        Assert.Equal(1, opened.Meter.Snapshot()["put"].Retries);
        Assert.Equal(content, await opened.Store.GetAsync("large", int.MaxValue, default));
        Assert.Empty((await _ceph.Client.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = bucket })).MultipartUploads ?? []);
    }

    [Fact]
    public async Task Put_LargeObjectWhereCompletionKeepsConditions_GoesInPartsAndOnlyOnce()
    {
        await using FaultProxy proxy = await FaultProxy.StartAsync(_ceph.Server.Endpoint, new HttpFault(HttpFaultKind.EnforceOnCompletion) { Method = "POST", Target = "uploadId" });
        string bucket = await _ceph.NewOpenBucketAsync();
        using OpenedStore opened = await CephFixture.OpenAsync(
            _ceph.Bucket(bucket, proxy.Endpoint) with { MultipartThreshold = 6 * 1024 * 1024, PartBytes = 5 * 1024 * 1024 });
        byte[] content = new byte[12 * 1024 * 1024];
        new Random(1).NextBytes(content);

        Assert.Equal(PutOutcome.Created, await opened.Store.PutIfAbsentAsync("large", content, default));
        byte[] other = new byte[content.Length];
        Assert.Equal(PutOutcome.AlreadyExists, await opened.Store.PutIfAbsentAsync("large", other, default));

        Assert.Equal(content, await opened.Store.GetAsync("large", int.MaxValue, default));
        Assert.Empty((await _ceph.Client.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = bucket })).MultipartUploads ?? []);
    }
}
