using K8sBackup.ObjectStore.Opening;
using K8sBackup.ObjectStore.S3;
using K8sBackup.TestKit.ObjectGateways;

namespace K8sBackup.ObjectStore.Tests.S3;

/// <summary>Endpoints whose clock and this machine's differ by more than a signature may.</summary>
[Collection(CephFixture.Collection)]
public sealed class S3ClockTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly CephFixture _ceph;

    public S3ClockTests(CephFixture ceph) => _ceph = ceph;

    [Theory]
    [InlineData(60)]
    [InlineData(-60)]
    [InlineData(10 * 365 * 24 * 60)]
    [InlineData(-10 * 365 * 24 * 60)]
    public async Task Open_EndpointHasAnotherTime_GoesByItAndSaysHowMuch(int minutes)
    {
        TimeSpan ahead = TimeSpan.FromMinutes(minutes);
        await using FaultProxy proxy = await FaultProxy.StartAsync(_ceph.Server.Endpoint, Clock(ahead));

        using OpenedStore opened = await CephFixture.OpenAsync(_ceph.Bucket(await _ceph.NewOpenBucketAsync(), proxy.Endpoint));

        Assert.Equal(PutOutcome.Created, await opened.Store.PutIfAbsentAsync("a", new byte[3], default));
        Assert.Equal(3, (await opened.Store.GetAsync("a", 10, default)).Length);
        Assert.InRange(opened.ClockAhead!.Value, ahead - Minute, ahead + Minute);
        // Once for objects and once for listings: the SDK remembers the time of each apart.
        Assert.InRange(proxy.RefusedTimes, 1, 2);
    }

    [Fact]
    public async Task Call_OneOfTheClocksJumps_IsSignedAgain_WithAndWithoutABodyThatSaysWhy()
    {
        await using FaultProxy proxy = await FaultProxy.StartAsync(_ceph.Server.Endpoint, Clock(TimeSpan.Zero));
        using OpenedStore opened = await CephFixture.OpenAsync(_ceph.Bucket(await _ceph.NewOpenBucketAsync(), proxy.Endpoint));
        Assert.InRange(opened.ClockAhead!.Value, -Minute, Minute);
        Assert.Equal(0, proxy.RefusedTimes);

        Jump(TimeSpan.FromHours(2));
        Assert.Equal(PutOutcome.Created, await opened.Store.PutIfAbsentAsync("a", new byte[3], default));
        Jump(TimeSpan.FromHours(-2));
        Assert.Equal(3, (await opened.Store.HeadAsync("a", default))?.Length);
        Jump(TimeSpan.FromDays(400));
        Assert.Equal(3, (await opened.Store.GetAsync("a", 10, default)).Length);

        Assert.Equal(3, proxy.RefusedTimes);
        Assert.Equal((1, 1), (opened.Meter.Snapshot()["put"].Retries, opened.Meter.Snapshot()["head"].Retries));

        void Jump(TimeSpan to)
        {
            proxy.Clear();
            proxy.Add(Clock(to));
        }
    }

    [Fact]
    public async Task Call_TimeRefusedAlthoughItIsTheEndpoints_FailsOnceAndSaysBothClocks()
    {
        await using FaultProxy proxy = await FaultProxy.StartAsync(_ceph.Server.Endpoint);
        using OpenedStore opened = await CephFixture.OpenAsync(_ceph.Bucket(await _ceph.NewBucketAsync(), proxy.Endpoint));
        proxy.Add(new HttpFault(HttpFaultKind.Answer) { Status = 403, Code = "RequestTimeTooSkewed" });
        int before = proxy.Requests;

        ObjectStoreException error = await Assert.ThrowsAsync<ObjectStoreException>(() => opened.Store.PutIfAbsentAsync("a", new byte[3], default));

        Assert.Equal((ObjectStoreError.PermissionDenied, 1), (error.Error, proxy.Requests - before));
        Assert.Matches(@"refuses the time of the request \(403 RequestTimeTooSkewed\): it is \S+ \S+Z by this machine's clock and \S+ \S+Z by the endpoint's, which is 00:00:0\S+ (ahead|behind)", error.Message);
    }

    [Fact]
    public async Task Put_WithObjectLock_IsKeptByTheEndpointsClock()
    {
        TimeSpan ahead = TimeSpan.FromDays(3);
        await using FaultProxy proxy = await FaultProxy.StartAsync(_ceph.Server.Endpoint, Clock(ahead));
        S3Options bucket = _ceph.Bucket(await _ceph.NewOpenBucketAsync(isLocked: true), proxy.Endpoint) with
        {
            ObjectLock = new S3ObjectLock(S3LockMode.Governance, TimeSpan.FromDays(2)),
            ConditionalWrites = S3ConditionalWrites.SingleWriter,
        };
        using OpenedStore opened = await CephFixture.OpenAsync(bucket);

        await opened.Store.PutIfAbsentAsync("a", new byte[3], default);

        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        Assert.InRange(opened.Retention!.Now, now + ahead - Minute, now + ahead + Minute);
        DateTimeOffset? until = await opened.Retention.RetainedUntilAsync("a", default);
        Assert.InRange(until!.Value, now.AddDays(5).AddMinutes(-5), now.AddDays(5).AddMinutes(5));
    }

    private static HttpFault Clock(TimeSpan ahead) => new(HttpFaultKind.OtherClock) { Ahead = ahead };
}
