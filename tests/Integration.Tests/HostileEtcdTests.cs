using System.Security.Cryptography;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using K8sBackup.Etcd.Wire;

namespace K8sBackup.Integration.Tests;

/// <summary>
/// An etcd that sends what is no snapshot: the agent tries three times, the source fails with its cause, and nothing is
/// kept. Through an agent and a coordinator as they are shipped.
/// </summary>
public sealed class HostileEtcdTests : IClassFixture<HostileEtcdTests.ControlPlane>
{
    private const int AttemptsMax = 3;
    private const int MessageBytes = 32 * 1024;
    private static readonly byte[] Database = RandomBytes(1 << 20);

    private readonly ControlPlane _setup;

    public HostileEtcdTests(ControlPlane setup) => _setup = setup;

    private ClusterFixture Fixture => _setup.Fixture;

    [Fact]
    public async Task Snapshot_EndsInTheMiddle_IsAFailedSourceAndNothingIsKept() =>
        await AssertRefusedAsync(
            (stream, _) => SendAsync(stream, Whole().Take(5)),
            "EtcdSnapshotInvalid",
            $"ended after {5 * MessageBytes} of {Database.Length} bytes");

    [Fact]
    public async Task Snapshot_ConnectionBreaksInTheMiddle_IsAFailedSourceAndNothingIsKept() =>
        await AssertRefusedAsync(
            async (stream, context) =>
            {
                await SendAsync(stream, Whole().Take(5));
                context.GetHttpContext().Abort();
            },
            "EtcdUnavailable",
            "etcd gave no snapshot");

    [Fact]
    public async Task Snapshot_WrongDigest_IsAFailedSourceAndNothingIsKept() =>
        await AssertRefusedAsync(
            (stream, _) => SendAsync(stream, [.. Whole()[..^1], Message(new byte[SHA256.HashSizeInBytes], 0)]),
            "EtcdSnapshotInvalid",
            "the digest is not that of");

    [Fact]
    public async Task Snapshot_EndlessEmptyBlobs_IsAFailedSourceAndNothingIsKept() =>
        await AssertRefusedAsync(
            async (stream, context) =>
            {
                await SendAsync(stream, Whole().Take(5));
                while (!context.CancellationToken.IsCancellationRequested)
                {
                    await stream.WriteAsync(Message([], (ulong)(Database.Length - (5 * MessageBytes))));
                }
            },
            "EtcdUnavailable",
            "could not read its database");

    [Fact]
    public async Task Snapshot_RightDigestOfGarbage_IsAFailedSourceAndNothingIsKept() =>
        await AssertRefusedAsync((stream, _) => SendAsync(stream, Whole()), "EtcdSnapshotInvalid", "database");

    private async Task AssertRefusedAsync(
        Func<IServerStreamWriter<SnapshotResponse>, ServerCallContext, Task> script, string cause, string reason)
    {
        int before = _setup.Etcd.Calls;
        _setup.Etcd.Script = script;

        (int code, JsonElement run) = await Fixture.RunPlanAsync(ControlPlane.Plan);

        Assert.Equal(7, code);
        Assert.Equal("Failed", run.State());
        JsonElement failure = run.Source("etcd/").GetProperty("failure");
        Assert.Equal((cause, ClusterFixture.ControlPlaneNode), (failure.GetProperty("cause").GetString(), failure.GetProperty("node").GetString()));
        Assert.Contains(reason, failure.GetProperty("message").GetString(), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(before + AttemptsMax, _setup.Etcd.Calls);
        Assert.Equal(0, await Fixture.CountPointsAsync());
        Assert.DoesNotContain(
            Directory.GetFiles(Fixture.Cluster.Store, "*", SearchOption.AllDirectories),
            path => path.Contains("/snapshots/", StringComparison.Ordinal) || path.Contains("/restore-points/", StringComparison.Ordinal));
        Assert.Empty(Directory.GetFiles(Path.Combine(Fixture.ControlPlaneAgent!.Folder, "spool")));
        await Fixture.AssertSoundAsync();
    }

    private static byte[] RandomBytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    private static SnapshotResponse Message(byte[] blob, ulong remaining) => new() { Blob = ByteString.CopyFrom(blob), RemainingBytes = remaining };

    private static List<SnapshotResponse> Whole()
    {
        List<SnapshotResponse> messages = [];
        for (int at = 0; at < Database.Length; at += MessageBytes)
        {
            messages.Add(Message(Database[at..(at + MessageBytes)], (ulong)(Database.Length - at - MessageBytes)));
        }

        messages.Add(Message(SHA256.HashData(Database), 0));
        return messages;
    }

    private static async Task SendAsync(IServerStreamWriter<SnapshotResponse> stream, IEnumerable<SnapshotResponse> messages)
    {
        foreach (SnapshotResponse message in messages)
        {
            await stream.WriteAsync(message);
        }
    }

    /// <summary>A coordinator, a control-plane agent, and a plan that reads the hostile member.</summary>
    public sealed class ControlPlane : IAsyncLifetime
    {
        public const string Plan = "hostile";

        public ClusterFixture Fixture { get; } = new();

        internal HostileEtcd Etcd { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Etcd = await HostileEtcd.StartAsync();
            await Fixture.InitializeAsync();
            await Fixture.AddControlPlaneAgentAsync();
            await Fixture.AddPlanAsync(
                Plan, $"- etcd:\n    endpoint: {Etcd.Endpoint}\n  nodes:\n  - names: [{ClusterFixture.ControlPlaneNode}]");
        }

        public async Task DisposeAsync()
        {
            await Fixture.DisposeAsync();
            await Etcd.DisposeAsync();
        }
    }
}
