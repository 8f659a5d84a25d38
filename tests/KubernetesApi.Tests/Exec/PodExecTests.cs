using System.Security.Cryptography;
using System.Text;
using K8sBackup.FakeKube.Serving;
using K8sBackup.KubernetesApi.Client;
using K8sBackup.KubernetesApi.Configuration;
using K8sBackup.KubernetesApi.Exec;
using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.KubernetesApi.Tests.Support;
using K8sBackup.TestKit;

namespace K8sBackup.KubernetesApi.Tests.Exec;

public sealed class PodExecTests
{
    private const string RunningPod = """
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "db", "namespace": "default"},
         "spec": {"nodeName": "n1", "containers": [{"name": "main", "image": "x"}, {"name": "side", "image": "x"}]},
         "status": {"phase": "Running"}}
        """;

    [Fact]
    public async Task Run_OutputErrorAndCode_AreSeparate()
    {
        await using StandIn world = await StartAsync(async (call, end) =>
        {
            await call.Output.WriteAsync(Encoding.UTF8.GetBytes($"{call.Container}: {string.Join('|', call.Command)}"), end);
            await call.Error.WriteAsync("trouble"u8.ToArray(), end);
            return 3;
        });
        using MemoryStream output = new();
        using MemoryStream error = new();
        int code = await world.Client().RunAsync(Command("dump", "--all & more", "ü"), new PodStreams { Output = output, Error = error }, Polling.Limit());
        Assert.Equal((3, "main: dump|--all & more|ü", "trouble"), (code, Encoding.UTF8.GetString(output.ToArray()), Encoding.UTF8.GetString(error.ToArray())));
    }

    [Fact]
    public async Task Run_LargeInput_ComesBackWholeAndEnds()
    {
        await using StandIn world = await StartAsync(async (call, end) =>
        {
            await call.Input.CopyToAsync(call.Output, end);
            return 0;
        });
        byte[] data = new byte[5 * 1024 * 1024];
        new Random(7).NextBytes(data);
        using MemoryStream input = new(data);
        using MemoryStream output = new();
        int code = await world.Client().RunAsync(Command("cat"), new PodStreams { Input = input, Output = output }, Polling.Limit());
        Assert.Equal(0, code);
        Assert.Equal(SHA256.HashData(data), SHA256.HashData(output.ToArray()));
    }

    [Fact]
    public async Task Run_CommandEndsBeforeItsInput_GivesItsCode()
    {
        await using StandIn world = await StartAsync((_, _) => Task.FromResult(0));
        using EndlessStream input = new();
        Assert.Equal(0, await world.Client().RunAsync(Command("true"), new PodStreams { Input = input }, Polling.Limit()));
    }

    [Fact]
    public async Task Run_NoPodNoContainerNotRunning_AreTold()
    {
        await using StandIn world = await StartAsync((_, _) => Task.FromResult(0));
        world.Server.Seed(RunningPod.Replace("\"db\"", "\"done\"", StringComparison.Ordinal).Replace("Running", "Succeeded", StringComparison.Ordinal));
        Assert.Equal(KubernetesFailure.NotFound, (await FailingAsync(world, Command("a") with { Pod = new ResourceName("default", "nobody") })).Failure);
        Assert.Equal(KubernetesFailure.BadRequest, (await FailingAsync(world, Command("a") with { Container = "other" })).Failure);
        Assert.Equal(KubernetesFailure.ServerError, (await FailingAsync(world, Command("a") with { Pod = new ResourceName("default", "done") })).Failure);
    }

    [Fact]
    public async Task Run_NeverEnds_IsBrokenOffInTime()
    {
        TaskCompletionSource ended = new();
        await using StandIn world = await StartAsync(async (_, end) =>
        {
            await using CancellationTokenRegistration registration = end.Register(ended.SetResult);
            await ended.Task;
            return 0;
        });
        KubernetesException e = await FailingAsync(world, Command("sleep") with { Timeout = TimeSpan.FromMilliseconds(300) });
        Assert.Equal(KubernetesFailure.Unreachable, e.Failure);
        await ended.Task.WaitAsync(Polling.Limit());
    }

    [Fact]
    public async Task Run_PeerSaysNothingMore_IsGivenUp()
    {
        using CancellationTokenSource end = new();
        using SilentPeer peer = new();
        Task serving = peer.ServeAsync(end.Token);
        string kubeconfig = $"{{apiVersion: v1, kind: Config, clusters: [{{name: c, cluster: {{server: '{peer.Address}'}}}}], contexts: [{{name: x, context: {{cluster: c}}}}], current-context: x}}";
        using TemporaryDirectory directory = new();
        string file = Path.Combine(directory.Path, "kubeconfig");
        await File.WriteAllTextAsync(file, kubeconfig);
        KubernetesClientOptions impatient = new() { ExecPing = TimeSpan.FromMilliseconds(50), ExecPatience = TimeSpan.FromMilliseconds(200) };
        using KubernetesClient client = new(ClusterAccess.Read(file, TimeProvider.System), impatient, TimeProvider.System, new Random(1));

        // The command may take an hour; the connection that died may not.
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(
            () => client.RunAsync(Command("dump") with { Timeout = TimeSpan.FromHours(1) }, new PodStreams(), Polling.Limit()));
        Assert.Equal(KubernetesFailure.Unreachable, e.Failure);
        await end.CancelAsync();
        await serving;
    }

    [Fact]
    public async Task Run_OutputIsTakenSlowly_IsNotGivenUp()
    {
        await using StandIn world = await StartAsync(async (call, end) =>
        {
            for (int i = 0; i < 64; i++)
            {
                await call.Output.WriteAsync(new byte[64 * 1024], end);
            }

            return 0;
        });
        using SlowStream output = new(TimeSpan.FromMilliseconds(500));
        KubernetesClientOptions eager = new() { ExecPing = TimeSpan.FromMilliseconds(20) };
        Assert.Equal(0, await world.Client(null, eager).RunAsync(Command("dump"), new PodStreams { Output = output }, Polling.Limit()));
        Assert.Equal(64 * 64 * 1024, output.Length);
    }

    [Fact]
    public async Task Run_OutputCannotBeWritten_FailsAndEndsTheCommand()
    {
        TaskCompletionSource ended = new();
        await using StandIn world = await StartAsync(async (call, end) =>
        {
            await call.Output.WriteAsync(new byte[10], end);
            await using CancellationTokenRegistration registration = end.Register(ended.SetResult);
            await ended.Task;
            return 0;
        });
        using MemoryStream full = new(new byte[1], writable: false);
        await Assert.ThrowsAsync<NotSupportedException>(() => world.Client().RunAsync(Command("dump"), new PodStreams { Output = full }, Polling.Limit()));
        await ended.Task.WaitAsync(Polling.Limit());
    }

    private static PodCommand Command(params string[] command) =>
        new(new ResourceName("default", "db"), "main", command) { Timeout = TimeSpan.FromMinutes(2) };

    private static async Task<StandIn> StartAsync(Func<ExecCall, CancellationToken, Task<int>> play)
    {
        StandIn world = await StandIn.StartAsync(new FakeKubeOptions { Exec = play });
        world.Server.Seed(RunningPod);
        return world;
    }

    private static Task<KubernetesException> FailingAsync(StandIn world, PodCommand command) =>
        Assert.ThrowsAsync<KubernetesException>(() => world.Client().RunAsync(command, new PodStreams(), Polling.Limit()));

    /// <summary>Stands still once, as a store does that is tried again.</summary>
    private sealed class SlowStream(TimeSpan pause) : MemoryStream
    {
        private bool _paused;

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (!_paused)
            {
                _paused = true;
                await Task.Delay(pause, TimeProvider.System, cancellationToken);
            }

            await base.WriteAsync(buffer, cancellationToken);
        }
    }

    private sealed class EndlessStream : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            buffer.Span.Clear();
            return buffer.Length;
        }
    }
}
