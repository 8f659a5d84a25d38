using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using K8sBackup.Etcd.Client;
using K8sBackup.Etcd.Tests.Support;
using K8sBackup.Etcd.Wire;
using K8sBackup.TestKit.Time;

namespace K8sBackup.Etcd.Tests.Client;

/// <summary>Every way a snapshot stream can go wrong ends in its typed error, and none in a snapshot.</summary>
public sealed class SnapshotStreamTests
{
    private const int MessageBytes = 32 << 10;
    private static readonly byte[] _database = RandomBytes(5 * MessageBytes);
    private static readonly EtcdClientOptions _options = new() { StallTimeout = TimeSpan.FromSeconds(30) };

    [Fact]
    public async Task Snapshot_WholeStream_IsWrittenWithItsDigest()
    {
        var spool = new MemoryStream();

        var snapshot = await TakeAsync(Whole(), spool);

        Assert.Equal([.. _database, .. SHA256.HashData(_database)], spool.ToArray());
        Assert.Equal(_database.Length, snapshot.DatabaseBytes);
        Assert.Equal(spool.Length, snapshot.FileBytes);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(_database)), snapshot.Sha256);
    }

    [Fact]
    public async Task Snapshot_EmptyMessageBeforeTheDigest_IsNoFault()
    {
        var messages = Whole();
        messages.Insert(messages.Count - 1, Message([], 0));

        Assert.Equal(_database.Length, (await TakeAsync(messages)).DatabaseBytes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(31)]
    public async Task Snapshot_DigestSplit_IsPutTogether(int at)
    {
        var messages = Whole();
        var digest = messages[^1].Blob.ToByteArray();
        messages[^1] = Message(digest[..at], 0);
        messages.Add(Message(digest[at..], 0));

        Assert.Equal(_database.Length, (await TakeAsync(messages)).DatabaseBytes);
    }

    [Fact]
    public async Task Snapshot_DigestInTheLastDataMessage_IsFound()
    {
        var digest = SHA256.HashData(_database);

        var snapshot = await TakeAsync([Message(_database[..100], (ulong)(_database.Length - 100)), Message([.. _database[100..], .. digest], 0)]);

        Assert.Equal(_database.Length, snapshot.DatabaseBytes);
    }

    [Fact]
    public async Task Snapshot_CutAfterAnyMessage_EndedEarlyOrWithoutDigest()
    {
        var whole = Whole();
        for (var count = 0; count < whole.Count; count++)
        {
            var expected = count == whole.Count - 1 ? EtcdSnapshotError.DigestMissing : EtcdSnapshotError.StreamEndedEarly;
            Assert.Equal(expected, await ErrorOfAsync(whole[..count]));
        }
    }

    [Fact]
    public async Task Snapshot_MemberFailsAfterAnyMessage_IsUnavailable()
    {
        var whole = Whole();
        for (var count = 0; count <= whole.Count; count++)
        {
            var sent = whole[..count];
            var error = await ErrorOfAsync(async (stream, _) =>
            {
                await SendAsync(stream, sent);
                throw new RpcException(new Status(StatusCode.Unavailable, "going away"));
            });
            Assert.Equal(EtcdSnapshotError.Unavailable, error);
        }
    }

    [Fact]
    public async Task Snapshot_DigestWrongOrBytesChanged_Mismatches()
    {
        var wrongDigest = Whole();
        wrongDigest[^1] = Message(new byte[32], 0);
        Assert.Equal(EtcdSnapshotError.DigestMismatch, await ErrorOfAsync(wrongDigest));

        var changed = Whole();
        var blob = changed[2].Blob.ToByteArray();
        blob[7] ^= 1;
        changed[2] = Message(blob, changed[2].RemainingBytes);
        Assert.Equal(EtcdSnapshotError.DigestMismatch, await ErrorOfAsync(changed));
    }

    [Fact]
    public async Task Snapshot_DigestCut_IsMissing()
    {
        var messages = Whole();
        messages[^1] = Message(messages[^1].Blob.ToByteArray()[..31], 0);

        Assert.Equal(EtcdSnapshotError.DigestMissing, await ErrorOfAsync(messages));
    }

    [Fact]
    public async Task Snapshot_MoreThanAnnounced_IsTooLong()
    {
        var messages = Whole();
        messages.Add(Message([1], 0));
        Assert.Equal(EtcdSnapshotError.TooLong, await ErrorOfAsync(messages));

        var lying = Whole();
        lying[0].RemainingBytes -= 40;
        Assert.Equal(EtcdSnapshotError.TooLong, await ErrorOfAsync(lying));
    }

    [Fact]
    public async Task Snapshot_AnnouncesMoreThanItHas_EndsEarly()
    {
        var lying = Whole();
        lying[0].RemainingBytes += 512;

        Assert.Equal(EtcdSnapshotError.StreamEndedEarly, await ErrorOfAsync(lying));
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 62)]
    public async Task Snapshot_AbsurdAnnouncement_IsTooLargeAtOnce(ulong remaining)
    {
        Assert.Equal(EtcdSnapshotError.TooLarge, await ErrorOfAsync([Message([1, 2, 3], remaining)]));
    }

    [Fact]
    public async Task Snapshot_EndlessEmptyMessages_EndAtTheFirst()
    {
        var sent = 0;

        var error = await ErrorOfAsync(async (stream, stop) =>
        {
            await SendAsync(stream, Whole()[..2]);
            while (!stop.IsCancellationRequested)
            {
                await stream.WriteAsync(Message([], 1000), stop);
                sent++;
            }
        });

        Assert.Equal(EtcdSnapshotError.Stalled, error);
        Assert.True(sent < 1_000_000);
    }

    [Fact]
    public async Task Snapshot_EndlessEmptyMessagesAfterTheData_Stall()
    {
        var error = await ErrorOfAsync(
            async (stream, stop) =>
            {
                await SendAsync(stream, Whole()[..^1]);
                while (!stop.IsCancellationRequested)
                {
                    await stream.WriteAsync(Message([], 0), stop);
                    await Task.Yield();
                }
            },
            _options with { StallTimeout = TimeSpan.FromMilliseconds(300) });

        Assert.Equal(EtcdSnapshotError.Stalled, error);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(6)]
    public async Task Snapshot_NothingMoreComes_Stalls(int messages)
    {
        var cancelled = new TaskCompletionSource();

        var error = await ErrorOfAsync(
            async (stream, stop) =>
            {
                await SendAsync(stream, Whole()[..messages]);
                await using var registration = stop.Register(() => cancelled.TrySetResult());
                await cancelled.Task;
            },
            _options with { StallTimeout = TimeSpan.FromMilliseconds(300) });

        Assert.Equal(EtcdSnapshotError.Stalled, error);
        await cancelled.Task.WaitAsync(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Snapshot_TrickleOfBytes_MeetsTheDeadline()
    {
        var error = await ErrorOfAsync(
            async (stream, stop) =>
            {
                for (ulong left = 100_000; !stop.IsCancellationRequested; left--)
                {
                    await stream.WriteAsync(Message([1], left), stop);
                    await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, stop);
                }
            },
            _options with { SnapshotTimeMin = TimeSpan.FromMilliseconds(400), SnapshotTimeMax = TimeSpan.FromSeconds(30) });

        Assert.Equal(EtcdSnapshotError.DeadlineExceeded, error);
    }

    [Theory]
    [InlineData(100, 60)]
    [InlineData(3_000_000_000, 300)]
    [InlineData(100_000_000_000, 600)]
    public async Task Snapshot_BytesKeepComing_EndsAtTheDeadlineOfItsSize(ulong announced, int seconds)
    {
        var clock = new ManualTimeProvider();
        var start = clock.GetUtcNow();
        await using var host = await FakeMaintenanceHost.StartAsync(async (stream, stop) =>
        {
            for (var left = announced - 1; !stop.IsCancellationRequested; left--)
            {
                await stream.WriteAsync(Message([1], left), stop);
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, stop);
            }
        });
        using var client = host.Connect(new EtcdClientOptions { SnapshotBytesMax = long.MaxValue }, clock);
        var spool = new MemoryStream();
        var taking = client.SnapshotAsync(spool, long.MaxValue, CancellationToken.None);
        var seen = 0L;

        // The clock moves only when bytes came, so that nothing ever stalls.
        while (!taking.IsCompleted)
        {
            if (spool.Length > seen)
            {
                seen = spool.Length;
                clock.Advance(TimeSpan.FromSeconds(5));
            }

            await Task.WhenAny(taking, Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System));
        }

        Assert.Equal(EtcdSnapshotError.DeadlineExceeded, (await Assert.ThrowsAsync<EtcdSnapshotException>(() => taking)).Error);
        Assert.InRange((clock.GetUtcNow() - start).TotalSeconds, seconds, seconds + 15);
    }

    [Fact]
    public async Task Snapshot_CallerCancels_TheMembersCallEnds()
    {
        var started = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        await using var host = await FakeMaintenanceHost.StartAsync(async (stream, stop) =>
        {
            await SendAsync(stream, Whole()[..1]);
            started.SetResult();
            await using var registration = stop.Register(() => ended.TrySetResult());
            await ended.Task;
        });
        using var client = host.Connect(_options);
        using var cancel = new CancellationTokenSource();
        var taking = client.SnapshotAsync(new MemoryStream(), long.MaxValue, cancel.Token);
        await started.Task;

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => taking);
        await ended.Task.WaitAsync(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Snapshot_SpoolTooSmall_IsRefusedBeforeTheFirstByte()
    {
        var spool = new MemoryStream();
        await using var host = await FakeMaintenanceHost.StartAsync((stream, _) => SendAsync(stream, Whole()));
        using var client = host.Connect(_options);

        var error = await Assert.ThrowsAsync<EtcdSnapshotException>(
            () => client.SnapshotAsync(spool, _database.Length + 31, CancellationToken.None));

        Assert.Equal(EtcdSnapshotError.SpoolFull, error.Error);
        Assert.Equal(0, spool.Length);
        Assert.Equal(_database.Length, (await client.SnapshotAsync(spool, _database.Length + 32, CancellationToken.None)).DatabaseBytes);
    }

    [Fact]
    public async Task Snapshot_FileSystemFull_IsSpoolFull()
    {
        await using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        await using var host = await FakeMaintenanceHost.StartAsync((stream, _) => SendAsync(stream, Whole()));
        using var client = host.Connect(_options);

        var error = await Assert.ThrowsAsync<EtcdSnapshotException>(() => client.SnapshotAsync(full, long.MaxValue, CancellationToken.None));

        Assert.Equal(EtcdSnapshotError.SpoolFull, error.Error);
        Assert.True(error.IsPermanent);
    }

    [Fact]
    public async Task Snapshot_MessageOfFourMegabytes_IsAccepted()
    {
        var database = RandomBytes(5 << 20);
        var snapshot = await TakeAsync(
            [Message(database[..(4 << 20)], 1 << 20), Message(database[(4 << 20)..], 0), Message(SHA256.HashData(database), 0)]);

        Assert.Equal(5 << 20, snapshot.DatabaseBytes);
    }

    [Theory]
    [InlineData(StatusCode.PermissionDenied, EtcdSnapshotError.Unauthenticated)]
    [InlineData(StatusCode.Unauthenticated, EtcdSnapshotError.Unauthenticated)]
    [InlineData(StatusCode.Internal, EtcdSnapshotError.Refused)]
    [InlineData(StatusCode.DataLoss, EtcdSnapshotError.DatabaseCorrupt)]
    public async Task Snapshot_MemberRefuses_IsMapped(StatusCode status, EtcdSnapshotError expected)
    {
        Assert.Equal(expected, await ErrorOfAsync((_, _) => throw new RpcException(new Status(status, "no"))));
    }

    private static byte[] RandomBytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    private static SnapshotResponse Message(byte[] blob, ulong remaining) =>
        new() { Blob = ByteString.CopyFrom(blob), RemainingBytes = remaining };

    private static List<SnapshotResponse> Whole()
    {
        var messages = new List<SnapshotResponse>();
        for (var offset = 0; offset < _database.Length; offset += MessageBytes)
        {
            messages.Add(Message(_database[offset..(offset + MessageBytes)], (ulong)(_database.Length - offset - MessageBytes)));
        }

        messages.Add(Message(SHA256.HashData(_database), 0));
        return messages;
    }

    private static async Task SendAsync(IServerStreamWriter<SnapshotResponse> stream, IEnumerable<SnapshotResponse> messages)
    {
        foreach (var message in messages)
        {
            await stream.WriteAsync(message);
        }
    }

    private static async Task<DownloadedSnapshot> TakeAsync(List<SnapshotResponse> messages, Stream? spool = null)
    {
        await using var host = await FakeMaintenanceHost.StartAsync((stream, _) => SendAsync(stream, messages));
        using var client = host.Connect(_options);
        return await client.SnapshotAsync(spool ?? new MemoryStream(), long.MaxValue, CancellationToken.None);
    }

    private static Task<EtcdSnapshotError> ErrorOfAsync(IEnumerable<SnapshotResponse> messages) =>
        ErrorOfAsync((stream, _) => SendAsync(stream, messages));

    private static async Task<EtcdSnapshotError> ErrorOfAsync(
        Func<IServerStreamWriter<SnapshotResponse>, CancellationToken, Task> script, EtcdClientOptions? options = null)
    {
        await using var host = await FakeMaintenanceHost.StartAsync(script);
        using var client = host.Connect(options ?? _options);
        var error = await Assert.ThrowsAsync<EtcdSnapshotException>(
            () => client.SnapshotAsync(new MemoryStream(), long.MaxValue, CancellationToken.None));
        return error.Error;
    }
}
