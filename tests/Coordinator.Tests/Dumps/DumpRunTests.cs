using System.Text;
using K8sBackup.Coordinator.Hooks;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Coordinator.Tests.Hosting;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.TestKit.ObjectStores;

namespace K8sBackup.Coordinator.Tests.Dumps;

/// <summary>Runs whose sources are what commands in pods write. No agent takes part. Each test ends with a check of the whole repository.</summary>
public sealed class DumpRunTests : IAsyncLifetime
{
    private const string Both = "[{podCommand: {name: orders, pods: ['pg-*'], command: [pg_dump, --secret], file: orders.sql}}]";

    private DumpWorld _world = null!;

    public async Task InitializeAsync()
    {
        _world = await DumpWorld.CreateAsync();
        _world.Cluster.Pod("shop", "pg-0", "n1").Pod("shop", "pg-1", "n2").Pod("shop", "web", "n1");
    }

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Run_CommandSucceeds_ItsOutputIsTheFile()
    {
        _world.Commands.Writes = (pod, _, output, token) => output.StandardOutput.WriteAsync(Encoding.UTF8.GetBytes($"rows of {pod.Name}"), token).AsTask();
        RunRecord run = await _world.RunAsync(Both);
        Assert.Equal((RunState.Completed, 2), (run.State, run.Sources.Count));
        Assert.Empty(run.Notes);
        Assert.Equal(["pg-0: pg_dump --secret", "pg-1: pg_dump --secret"], _world.Commands.Log.Order());
        (SnapshotManifest manifest, Dictionary<string, byte[]> files) = await _world.ReadAsync(Of(run, "pg-0"));
        Assert.Equal(("orders.sql", "rows of pg-0"), (Assert.Single(files).Key, Encoding.UTF8.GetString(files["orders.sql"])));
        Assert.Equal((SnapshotOutcome.Completed, 1L, 12L, "shop/pg-0: pg_dump"), (manifest.Outcome, manifest.Counts.Files, manifest.Counts.FileBytes, manifest.SourcePath));
        Assert.Equal(("pods", SourceKind.Volume), (manifest.Source.Node, manifest.Source.Kind));
        Assert.Equal(("shop", "pg-0", "p-shop-pg-0", PodVolumeKind.CommandOutput, "orders"), (manifest.Volume!.Namespace, manifest.Volume.Pod, manifest.Volume.PodUid, manifest.Volume.Kind, manifest.Volume.Rule));
        Assert.Equal(2, (await _world.Store.Points.ResolveAsync("latest", CancellationToken.None)).Sources.Count);
        Assert.Empty(Directory.EnumerateFiles(_world.Store.Ledgers));
    }

    [Fact]
    public async Task Run_CommandFails_FailsWithCodeAndErrorAndTheRestGoesOn()
    {
        _world.Commands.Writes = async (_, _, output, token) =>
        {
            await output.StandardOutput.WriteAsync(new byte[100_000], token);
            await output.StandardError.WriteAsync("connecting\nFATAL: no \u001b[31mdatabase\n"u8.ToArray(), token);
        };
        _world.Commands.Ends = (pod, _) => new CommandOutcome.Exited(pod.Name == "pg-0" ? 3 : 0, "");
        RunRecord run = await _world.RunAsync(Both);
        Assert.Equal(RunState.PartiallyFailed, run.State);
        RunSource failed = Of(run, "pg-0");
        Assert.Equal((SourceState.Failed, FailureCause.HookFailed), (failed.State, failed.Failure!.Cause));
        Assert.Equal("The command pg_dump in pod shop/pg-0 ended with 3: connecting / FATAL: no ?[31mdatabase.", failed.Failure.Message);
        Assert.Equal(SourceState.Completed, Of(run, "pg-1").State);
        Assert.Equal("p-shop-pg-1", Assert.Single(await _world.Store.ListedAsync()).Volume!.PodUid);
    }

    [Fact]
    public async Task Run_NothingWritten_IsNoBackup()
    {
        RunRecord run = await _world.RunAsync("[{podCommand: {pods: [pg-0], command: [pg_dump]}}]");
        Assert.Equal(RunState.Failed, run.State);
        Assert.Equal("The command pg_dump in pod shop/pg-0 ended with 0 and wrote nothing, which is no backup.", Assert.Single(run.Sources).Failure!.Message);
        Assert.Empty(await _world.Store.ListedAsync());
    }

    [Theory]
    [InlineData("note", RunState.Completed, "The command pg_dump in pod shop/pg-0 ended with 0 and said: a circular constraint")]
    [InlineData("fail", RunState.Failed, "wrote to its standard error, which the plan takes for a failure: a circular constraint.")]
    public async Task Run_SomethingOnStandardError_CountsAsThePlanSays(string mode, RunState state, string said)
    {
        _world.Commands.Writes = async (_, _, output, token) =>
        {
            await output.StandardError.WriteAsync("a circular constraint\n"u8.ToArray(), token);
            await output.StandardOutput.WriteAsync(new byte[10], token);
        };
        RunRecord run = await _world.RunAsync($"[{{podCommand: {{pods: [pg-0], command: [pg_dump], standardError: {mode}}}}}]");
        Assert.Equal(state, run.State);
        Assert.Contains(said, mode == "note" ? Assert.Single(run.Notes) : run.Sources[0].Failure!.Message, StringComparison.Ordinal);
        Assert.Equal(mode == "note" ? 1 : 0, (await _world.Store.ListedAsync()).Count);
    }

    [Fact]
    public async Task Run_StreamIsCut_NothingIsCommitted()
    {
        _world.Commands.Writes = async (_, _, output, token) =>
        {
            await output.StandardError.WriteAsync("half of it\n"u8.ToArray(), token);
            await output.StandardOutput.WriteAsync(Bytes(1, 5_000_000), token);
        };
        _world.Commands.Ends = (_, _) => new CommandOutcome.Unreachable("The connection broke.");
        RunRecord run = await _world.RunAsync("[{podCommand: {pods: [pg-0], command: [pg_dump]}}]");
        Assert.Equal((RunState.Failed, FailureCause.SourceUnreadable), (run.State, run.Sources[0].Failure!.Cause));
        Assert.Equal("The command pg_dump in pod shop/pg-0 was cut off after 5000000 bytes: The connection broke. It had said: half of it", run.Sources[0].Failure!.Message);
        Assert.Empty(await _world.Store.ListedAsync());
    }

    [Fact]
    public async Task Run_TakesTooLong_IsBrokenOff()
    {
        _world.Commands.Writes = (_, _, output, token) => output.StandardError.WriteAsync("waiting for a lock\n"u8.ToArray(), token).AsTask();
        _world.Commands.Ends = (_, _) => null;
        RunId id = _world.Start("[{podCommand: {pods: [pg-0], command: [pg_dump], timeout: 90s}}]");
        await _world.Clock.AdvanceUntilAsync(() => _world.Get(id).IsOver, TimeSpan.FromSeconds(10), TimeSpan.FromDays(10));
        Failure failure = _world.Get(id).Sources[0].Failure!;
        Assert.Equal((FailureCause.TimedOut, "The command pg_dump in pod shop/pg-0 did not end within 00:01:30, after 0 bytes: waiting for a lock."), (failure.Cause, failure.Message));
        Assert.Empty(await _world.Store.ListedAsync());
    }

    [Fact]
    public async Task Run_SecondTimeWithAnEdit_StoresTheEditAlone()
    {
        byte[] content = Bytes(7, 9_000_000);
        int part = 10_007;
        _world.Commands.Writes = async (_, _, output, token) =>
        {
            foreach (byte[] piece in content.Chunk(part))
            {
                await output.StandardOutput.WriteAsync(piece, token);
            }
        };
        const string Plan = "[{podCommand: {name: orders, pods: [pg-0], command: [pg_dump]}}]";
        RunRecord first = await _world.RunAsync(Plan);
        Assert.True(first.Sources[0].Counts!.StoredBytes > 8_000_000);
        Assert.True((await _world.Store.ObjectNamesAsync("packs/")).Count > 5);
        content = [.. content.Take(50_000), .. Bytes(8, 9), .. content.Skip(50_000)];
        part = 65_536;
        RunRecord second = await _world.RunAsync(Plan);
        Assert.Equal(first.Sources[0].Source, second.Sources[0].Source);
        Assert.InRange(second.Sources[0].Counts!.StoredBytes, 1, 2_500_000);
        byte[] restored = (await _world.ReadAsync(second.Sources[0])).Files["dump"];
        Assert.True(content.AsSpan().SequenceEqual(restored));
        Assert.Equal(9_000_000, (await _world.ReadAsync(first.Sources[0])).Files["dump"].Length);
    }

    [Fact]
    public async Task Cancel_CommandRuns_IsBrokenOffAndNothingIsCommitted()
    {
        _world.Commands.Writes = (_, _, output, token) => output.StandardOutput.WriteAsync(new byte[1000], token).AsTask();
        _world.Commands.Ends = (_, _) => null;
        RunId id = _world.Start("[{podCommand: {pods: [pg-0], command: [pg_dump]}}]");
        await Eventually.TrueAsync(() => _world.Commands.Log.Count == 1);
        _world.Cancel(id);
        RunRecord run = await _world.OverAsync(id);
        Assert.Equal((RunState.Cancelled, SourceState.Cancelled), (run.State, run.Sources[0].State));
        Assert.Empty(await _world.Store.ListedAsync());
    }

    [Fact]
    public async Task Restart_CommandRuns_IsBegunAnewByTheNextProcess()
    {
        bool hangs = true;
        _world.Commands.Writes = (_, _, output, token) => output.StandardOutput.WriteAsync(Encoding.UTF8.GetBytes(hangs ? "torn" : "whole"), token).AsTask();
        _world.Commands.Ends = (_, _) => hangs ? null : new CommandOutcome.Exited(0, "");
        RunId id = _world.Start("[{podCommand: {pods: [pg-0], command: [pg_dump]}}]");
        await Eventually.TrueAsync(() => _world.Commands.Log.Count == 1);
        hangs = false;
        await _world.RestartAsync();
        RunRecord run = await _world.OverAsync(id);
        Assert.Equal(RunState.Completed, run.State);
        Assert.Equal("whole", Encoding.UTF8.GetString((await _world.ReadAsync(run.Sources[0])).Files["dump"]));
        Assert.Single(await _world.Store.ListedAsync());
    }

    [Fact]
    public async Task Run_FirstOfOwnerFails_TheNextIsAskedUnderTheSameName()
    {
        _world.Cluster.Add(Replica("ha-0")).Add(Replica("ha-1"));
        _world.Commands.Writes = (pod, _, output, token) => output.StandardOutput.WriteAsync(Encoding.UTF8.GetBytes(pod.Name), token).AsTask();
        _world.Commands.Ends = (pod, _) => pod.Name == "ha-0" ? new CommandOutcome.PodGone("The pod is not there any more.") : new CommandOutcome.Exited(0, "");
        RunRecord run = await _world.RunAsync("[{podCommand: {pods: ['ha-*'], replicas: one, command: [pg_dump]}}]");
        Assert.Equal(RunState.Completed, run.State);
        Assert.Equal("ha-1", Encoding.UTF8.GetString((await _world.ReadAsync(Assert.Single(run.Sources))).Files["dump"]));
        Assert.EndsWith("The pod is not there any more. Pod shop/ha-1 is asked instead.", Assert.Single(run.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_StoreFails_SaysSo()
    {
        _world.Store.Store.Add(new FaultRule { Kind = FaultKind.ErrorInstead, NamePrefix = "packs/" });
        _world.Commands.Writes = (_, _, output, token) => output.StandardOutput.WriteAsync(Bytes(3, 6_000_000), token).AsTask();
        RunRecord run = await _world.RunAsync("[{podCommand: {pods: [pg-0], command: [pg_dump]}}]");
        Assert.Equal((RunState.Failed, FailureCause.StoreUnavailable), (run.State, run.Sources[0].Failure!.Cause));
    }

    [Fact]
    public async Task Run_NoPodFits_IsNotComplete()
    {
        RunRecord run = await _world.RunAsync("[{podCommand: {name: orders, namespaces: [gone], command: [pg_dump]}}]");
        Assert.Equal(RunState.Failed, run.State);
        Assert.Equal(["podCommand/orders: the namespace gone is not there.", "podCommand/orders: no pod fits."], run.Notes);
    }

    private static RunSource Of(RunRecord run, string pod) => run.Sources.Single(s => s.Volume!.Pod == pod);

    private static byte[] Bytes(int seed, int length)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static KubernetesApi.Pods.Pod Replica(string name) => new()
    {
        Metadata = new KubernetesApi.Metadata.ObjectMeta
        {
            Namespace = "shop",
            Name = name,
            Uid = name,
            OwnerReferences = [new KubernetesApi.Metadata.OwnerReference { Kind = "StatefulSet", Name = "ha", Controller = true }],
        },
        Status = new KubernetesApi.Pods.PodStatus { Phase = "Running" },
    };
}
