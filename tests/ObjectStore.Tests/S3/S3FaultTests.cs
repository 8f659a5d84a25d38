using K8sBackup.ObjectStore.Opening;
using K8sBackup.ObjectStore.Retrying;
using K8sBackup.ObjectStore.S3;
using K8sBackup.Repository;
using K8sBackup.Repository.Keys;
using K8sBackup.TestKit.ObjectGateways;
using K8sBackup.TestKit.ObjectStores;

namespace K8sBackup.ObjectStore.Tests.S3;

/// <summary>Faults between the store and a real server.</summary>
[Collection(CephFixture.Collection)]
public sealed class S3FaultTests : IAsyncLifetime
{
    private static readonly byte[] Content = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 7))];

    private readonly CephFixture _ceph;
    private FaultProxy _proxy = null!;
    private OpenedStore _opened = null!;

    public S3FaultTests(CephFixture ceph) => _ceph = ceph;

    private IObjectStore Store => _opened.Store;

    public async Task InitializeAsync()
    {
        _proxy = await FaultProxy.StartAsync(_ceph.Server.Endpoint);
        _opened = await CephFixture.OpenAsync(_ceph.Bucket(await _ceph.NewBucketAsync(), _proxy.Endpoint));
    }

    public async Task DisposeAsync()
    {
        _opened.Dispose();
        await _proxy.DisposeAsync();
    }

    [Theory]
    [InlineData(500, "InternalError")]
    [InlineData(503, "SlowDown")]
    [InlineData(503, "ServiceUnavailable")]
    [InlineData(429, "TooManyRequests")]
    [InlineData(409, "ConditionalRequestConflict")]
    public async Task Put_BurstOfRefusals_IsTriedAgain(int status, string code)
    {
        _proxy.Add(new HttpFault(HttpFaultKind.Answer) { Method = "PUT", Count = 4, Status = status, Code = code });

        Assert.Equal(PutOutcome.Created, await Store.PutIfAbsentAsync("packs/1", Content, default));

        Assert.Equal(4, _opened.Meter.Snapshot()["put"].Retries);
        Assert.Equal(Content, await Store.GetAsync("packs/1", int.MaxValue, default));
    }

    [Fact]
    public async Task Put_RefusedForEver_FailsCleanlyAfterTheBudget()
    {
        _proxy.Add(new HttpFault(HttpFaultKind.Answer) { Method = "PUT" });
        int before = _proxy.Requests;

        ObjectStoreException error = await Assert.ThrowsAsync<ObjectStoreException>(() => Store.PutIfAbsentAsync("packs/1", Content, default));

        Assert.Equal(ObjectStoreError.Unavailable, error.Error);
        Assert.Contains("503 SlowDown", error.Message, StringComparison.Ordinal);
        Assert.Equal(6, _proxy.Requests - before);
    }

    [Theory]
    [InlineData(403, "AccessDenied", ObjectStoreError.PermissionDenied)]
    [InlineData(403, "QuotaExceeded", ObjectStoreError.NoSpace)]
    [InlineData(404, "NoSuchBucket", ObjectStoreError.Configuration)]
    [InlineData(400, "InvalidArgument", ObjectStoreError.Unsuitable)]
    [InlineData(501, "NotImplemented", ObjectStoreError.Unsuitable)]
    public async Task Put_RefusedForGood_IsNotTriedAgain(int status, string code, ObjectStoreError expected)
    {
        _proxy.Add(new HttpFault(HttpFaultKind.Answer) { Method = "PUT", Status = status, Code = code });
        int before = _proxy.Requests;

        ObjectStoreException error = await Assert.ThrowsAsync<ObjectStoreException>(() => Store.PutIfAbsentAsync("packs/1", Content, default));

        Assert.Equal(expected, error.Error);
        Assert.Equal(1, _proxy.Requests - before);
    }

    [Fact]
    public async Task Put_ContentChangesOnTheWay_IsRefusedByItsChecksumAndSentAgain()
    {
        _proxy.Add(new HttpFault(HttpFaultKind.FlipSent) { Method = "PUT", Count = 1 });

        Assert.Equal(PutOutcome.Created, await Store.PutIfAbsentAsync("packs/1", Content, default));

        Assert.Equal(1, _opened.Meter.Snapshot()["put"].Retries);
        Assert.Equal(Content, await Store.GetAsync("packs/1", int.MaxValue, default));
    }

    [Fact]
    public async Task Put_ContentChangesOnTheWayToAnEndpointThatDoesNotCheck_IsFoundByReadingItBack()
    {
        await using FaultProxy proxy = await FaultProxy.StartAsync(_ceph.Server.Endpoint);
        HttpFault unsigned = new(HttpFaultKind.StripHeaders) { Headers = "Authorization" };
        proxy.Add(unsigned);
        using OpenedStore opened = await CephFixture.OpenAsync(_ceph.Bucket(await _ceph.NewOpenBucketAsync(), proxy.Endpoint));
        proxy.Clear();
        proxy.Add(new HttpFault(HttpFaultKind.FlipSent) { Method = "PUT", Headers = "Authorization" });
        proxy.Add(unsigned);

        ObjectStoreException error = await Assert.ThrowsAsync<ObjectStoreException>(() => opened.Store.PutIfAbsentAsync("packs/1", Content, default));

        Assert.Equal(ObjectStoreError.Corrupt, error.Error);
    }

    [Theory]
    [InlineData(HttpFaultKind.CutBody)]
    [InlineData(HttpFaultKind.LoseAnswer)]
    public async Task Get_ConnectionCut_IsReadAgainWhole(HttpFaultKind kind)
    {
        await Store.PutIfAbsentAsync("packs/1", Content, default);
        _proxy.Add(new HttpFault(kind) { Method = "GET", Count = 2 });
        byte[] range = new byte[50_000];

        Assert.Equal(Content, await Store.GetAsync("packs/1", int.MaxValue, default));
        _proxy.Add(new HttpFault(kind) { Method = "GET", Count = 2 });
        await Store.GetRangeAsync("packs/1", 1000, range, default);

        Assert.Equal(Content[1000..51_000], range);
    }

    [Theory]
    [InlineData(HttpFaultKind.CrawlBody, "GET")]
    [InlineData(HttpFaultKind.NeverAnswer, "GET")]
    [InlineData(HttpFaultKind.NeverAnswer, "PUT")]
    public async Task Call_EndpointThatHangsOrSendsAByteASecond_IsGivenUpInTime(HttpFaultKind kind, string method)
    {
        S3Options slow = _opened.Options.S3! with { RequestTimeout = TimeSpan.FromSeconds(1), BytesPerSecondMin = 1024 * 1024 };
        using OpenedStore opened = await StoreFactory.OpenAsync(
            new StoreOptions { S3 = slow, Retry = new RetryOptions(2, TimeSpan.FromSeconds(5)) { FirstDelayMax = TimeSpan.FromMilliseconds(1) } }, StoreUse.Existing, TimeProvider.System, default);
        await Store.PutIfAbsentAsync("packs/1", Content, default);
        _proxy.Add(new HttpFault(kind) { Method = method });

        Task call = method == "GET" ? opened.Store.GetAsync("packs/1", int.MaxValue, default) : opened.Store.PutIfAbsentAsync("packs/2", Content, default);
        ObjectStoreException error = await Assert.ThrowsAsync<ObjectStoreException>(() => call.WaitAsync(TimeSpan.FromMinutes(1)));

        Assert.Equal(ObjectStoreError.Unavailable, error.Error);
        Assert.Contains("not done within", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_AppliedButAnswerLost_IsThereOnceAndWhole()
    {
        _proxy.Add(new HttpFault(HttpFaultKind.LoseAnswer) { Method = "PUT", Count = 1 });

        // The second attempt gets 412 for the object of the first.
        Assert.Equal(PutOutcome.AlreadyExists, await Store.PutIfAbsentAsync("packs/1", Content, default));

        Assert.Equal(Content, await Store.GetAsync("packs/1", int.MaxValue, default));
    }

    [Fact]
    public async Task Repository_EveryAnswerToAWriteLostOnce_IsMadeAndOpens()
    {
        using KeyFile key = KeyFile.Generate();
        using RecoveryPrivateKey recovery = RecoveryPrivateKey.Generate();
        NewSlot[] slots = [new(key, "key"), new(recovery.PublicKey, "recovery")];
        foreach (int number in (int[])[0, 2, 4])
        {
            _proxy.Add(new HttpFault(HttpFaultKind.LoseAnswer) { Method = "PUT", Skip = number, Count = 1 });
        }

        using MasterKeys made = await RepositoryInitializer.CreateAsync(Store, slots, TimeProvider.System, default);

        using MasterKeys opened = await new KeySlots(Store, TimeProvider.System).UnlockAsync(key, default);
        Assert.Equal(made.Repository, opened.Repository);
        Assert.Equal(2, (await new KeySlots(Store, TimeProvider.System).ListAsync(default)).Count);
    }

    [Fact]
    public async Task Swap_AppliedButAnswerLost_IsKnownAsItsOwn()
    {
        ObjectVersion? first = await Store.CompareAndSwapAsync("state", null, "one"u8.ToArray(), default);
        _proxy.Add(new HttpFault(HttpFaultKind.LoseAnswer) { Method = "PUT", Count = 1 });

        ObjectVersion? second = await Store.CompareAndSwapAsync("state", first, "two"u8.ToArray(), default);

        Assert.NotNull(second);
        Assert.NotNull(await Store.CompareAndSwapAsync("state", second, "three"u8.ToArray(), default));
    }

    [Fact]
    public async Task Swap_OvertakenWhileItsAnswerWasLost_SaysSo()
    {
        ObjectVersion? first = await Store.CompareAndSwapAsync("state", null, "one"u8.ToArray(), default);
        await Store.CompareAndSwapAsync("state", first, "other"u8.ToArray(), default);
        _proxy.Add(new HttpFault(HttpFaultKind.LoseAnswer) { Method = "PUT", Count = 1 });

        Assert.Null(await Store.CompareAndSwapAsync("state", first, "two"u8.ToArray(), default));
        Assert.Equal("other"u8.ToArray(), await Store.GetAsync("state", 100, default));
    }

    [Fact]
    public async Task List_PageFails_GoesOnWhereItWas()
    {
        string[] names = [.. Enumerable.Range(0, 1050).Select(i => $"n/{i:d4}")];
        await Parallel.ForEachAsync(names, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (name, token) => await Store.PutIfAbsentAsync(name, ReadOnlyMemory<byte>.Empty, token));
        _proxy.Add(new HttpFault(HttpFaultKind.Answer) { Method = "GET", Target = "continuation-token", Count = 2 });

        List<string> listed = [];
        await foreach (ObjectInfo info in Store.ListAsync("n/", default))
        {
            listed.Add(info.Name);
        }

        Assert.Equal(names, listed);
    }

    [Fact]
    public async Task List_KeysOfOthers_AreNotObjects_AndAnOrderThatIsNoneIsRefused()
    {
        string bucket = _opened.Options.S3!.Bucket;
        await Store.PutIfAbsentAsync("n/ours", new byte[1], default);
        foreach (string key in (string[])["prod/k8s/n/", "prod/k8s/n//twice", "prod/k8s/n/../up", "prod/k8s/n/white space", "prod/k8s-other/n/x"])
        {
            await _ceph.Client.PutObjectAsync(new Amazon.S3.Model.PutObjectRequest { BucketName = bucket, Key = key, ContentBody = "x" });
        }

        Assert.Equal(["n/ours"], await Store.NamesAsync("n/"));
        _proxy.Add(new HttpFault(HttpFaultKind.Answer)
        {
            Method = "GET",
            Target = "list-type=2",
            Status = 200,
            Body = "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><KeyCount>2</KeyCount><IsTruncated>false</IsTruncated>"
                + "<Contents><Key>prod/k8s/n/b</Key><Size>1</Size></Contents><Contents><Key>prod/k8s/n/a</Key><Size>1</Size></Contents></ListBucketResult>",
        });
        ObjectStoreException error = await Assert.ThrowsAsync<ObjectStoreException>(() => Store.NamesAsync("n/"));
        Assert.Equal(ObjectStoreError.Unsuitable, error.Error);
        Assert.Contains("lists 'n/a' after 'n/b'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gateway_KilledAndStarted_IsWaitedFor()
    {
        await Store.PutIfAbsentAsync("packs/1", Content, default);
        await _ceph.Server.KillGatewayAsync();
        Task start = Task.Run(_ceph.Server.StartGatewayAsync);
        StoreOptions patient = _opened.Options with { S3 = _ceph.Bucket(_opened.Options.S3!.Bucket), Retry = RetryOptions.Default };
        using OpenedStore opened = await StoreFactory.OpenAsync(patient, StoreUse.Read, TimeProvider.System, default);

        Assert.Equal(Content, await opened.Store.GetAsync("packs/1", int.MaxValue, default));
        await start;
    }
}
