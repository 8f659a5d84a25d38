using System.Text;
using K8sBackup.Coordinator.Hooks;
using K8sBackup.Coordinator.Kubernetes;
using K8sBackup.Coordinator.Tests.Hosting;
using K8sBackup.FakeKube.Serving;
using K8sBackup.KubernetesApi.Client;
using K8sBackup.KubernetesApi.Configuration;
using K8sBackup.TestKit;

namespace K8sBackup.Coordinator.Tests.Kubernetes;

public sealed class KubernetesPodCommandsTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<string> _ran = [];
    private Func<ExecCall, Task<int>> _container = _ => Task.FromResult(0);
    private string _error = "";
    private FakeKubeServer _kube = null!;
    private KubernetesClient _client = null!;

    public async Task InitializeAsync()
    {
        _kube = await FakeKubeServer.StartAsync(new FakeKubeOptions
        {
            Exec = (call, _) =>
            {
                _ran.Add($"{call.Pod}/{call.Container}: {string.Join(' ', call.Command)}");
                return _container(call);
            },
        });
        _kube.Seed("""{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}""");
        string kubeconfig = _kube.WriteKubeconfig(Path.Combine(_directory.Path, "kube"), "shop");
        _client = new KubernetesClient(ClusterAccess.Read(kubeconfig, TimeProvider.System), new KubernetesClientOptions(), TimeProvider.System, new Random(1));
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _kube.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Run_NoContainerNamed_RunsInTheFirst()
    {
        CommandOutcome outcome = await RunAsync(Pod("db-0"), Command("", "sync", "-f"));
        Assert.Equal(0, Assert.IsType<CommandOutcome.Exited>(outcome).Code);
        Assert.Equal("db-0/db: sync -f", Assert.Single(_ran));
    }

    [Fact]
    public async Task Run_CommandFails_GivesItsCodeAndTheEndOfItsError()
    {
        _container = async call =>
        {
            await call.Error.WriteAsync(Encoding.UTF8.GetBytes(new string('x', 5000) + "\nno database\n"));
            await call.Output.WriteAsync(new byte[100_000]);
            return 3;
        };
        CommandOutcome.Exited exited = Assert.IsType<CommandOutcome.Exited>(await RunAsync(Pod("db-0"), Command("side", "dump")));
        Assert.Equal(3, exited.Code);
        Assert.Equal(CommandOutcome.ErrorTextMax, exited.Error.Length);
        Assert.EndsWith("x\nno database\n", exited.Error, StringComparison.Ordinal);
        Assert.Equal("db-0/side: dump", Assert.Single(_ran));
    }

    [Fact]
    public async Task Run_AnotherPodHasTheName_RunsNothing()
    {
        PodReference before = Pod("db-0") with { Uid = "of another time" };
        Assert.Equal("Another pod has its name by now.", Assert.IsType<CommandOutcome.PodGone>(await RunAsync(before, Command("", "sync"))).Reason);
        Assert.Empty(_ran);
    }

    [Fact]
    public async Task Run_PodIsNotThereOrDoesNotRun_RunsNothing()
    {
        Assert.IsType<CommandOutcome.PodGone>(await RunAsync(new PodReference("shop", "none", "u"), Command("", "sync")));
        CommandOutcome done = await RunAsync(Pod("job-1", "Succeeded"), Command("", "sync"));
        Assert.Equal("The pod is Succeeded, not Running.", Assert.IsType<CommandOutcome.PodGone>(done).Reason);
        Assert.Empty(_ran);
    }

    [Fact]
    public async Task Run_ApiServerIsAway_IsUnreachable()
    {
        PodReference pod = Pod("db-0");
        await _kube.DisposeAsync();
        Assert.IsType<CommandOutcome.Unreachable>(await RunAsync(pod, Command("", "sync")));
    }

    [Fact]
    public async Task Run_OutputIsWanted_ComesWholeAndInOrder()
    {
        byte[] sent = new byte[3_000_000];
        new Random(1).NextBytes(sent);
        _container = async call =>
        {
            await call.Output.WriteAsync(sent.AsMemory(0, 1_000_001));
            await call.Error.WriteAsync(Encoding.UTF8.GetBytes("a warning\n"));
            await call.Output.WriteAsync(sent.AsMemory(1_000_001));
            return 0;
        };
        using MemoryStream output = new();
        Assert.Equal(0, Assert.IsType<CommandOutcome.Exited>(await RunAsync(Pod("db-0"), Command("", "dump"), output)).Code);
        Assert.True(sent.AsSpan().SequenceEqual(output.ToArray()));
        Assert.Equal("a warning\n", _error);
    }

    [Fact]
    public async Task Run_ConnectionBreaksHalfWay_IsNoEnd()
    {
        using MemoryStream output = new();
        _container = async call =>
        {
            await call.Error.WriteAsync(Encoding.UTF8.GetBytes("so far\n"));
            await call.Output.WriteAsync(new byte[70_000]);

            // What is under way is lost with a connection.
            await Eventually.TrueAsync(() => output.Length == 70_000);
            throw new OperationCanceledException();
        };
        Assert.IsType<CommandOutcome.Unreachable>(await RunAsync(Pod("db-0"), Command("", "dump"), output));
        Assert.Equal(70_000, output.Length);
        Assert.Equal("so far\n", _error);
    }

    [Fact]
    public async Task Run_OutputCannotBeTaken_SaysWhy()
    {
        _container = async call =>
        {
            await call.Output.WriteAsync(new byte[100]);
            return 0;
        };
        using MemoryStream full = new([], writable: true);
        await Assert.ThrowsAsync<NotSupportedException>(() => RunAsync(Pod("db-0"), Command("", "dump"), full));
    }

    private static HookCommand Command(string container, params string[] command) => new(container, command, TimeSpan.FromMinutes(2), HookErrorMode.Fail);

    private async Task<CommandOutcome> RunAsync(PodReference pod, HookCommand command, Stream? output = null)
    {
        using CommandOutput streams = new(output ?? Stream.Null);
        CommandOutcome outcome = await new KubernetesPodCommands(_client, _client).RunAsync(pod, command, streams, CancellationToken.None);
        _error = streams.ErrorText;
        return outcome;
    }

    private PodReference Pod(string name, string phase = "Running")
    {
        string uid = _kube.Seed($$$"""
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "shop", "name": "{{{name}}}"},
             "spec": {"containers": [{"name": "db"}, {"name": "side"}]}, "status": {"phase": "{{{phase}}}"}}
            """)["metadata"]!["uid"]!.ToString();
        return new PodReference("shop", name, uid);
    }
}
