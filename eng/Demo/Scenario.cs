using System.Text.Json;
using K8sBackup.Demo.Cluster;
using K8sBackup.Demo.ControlPlane;
using K8sBackup.Demo.Etcd;
using K8sBackup.Demo.Native;
using K8sBackup.Demo.Volumes;

namespace K8sBackup.Demo;

/// <summary>
/// The story the demo tells: a control-plane node with a real etcd and a worker with a volume are backed up, lose
/// everything, and get it back; every key and every file is compared.
/// </summary>
internal sealed class Scenario : IAsyncDisposable
{
    private const int Seed = 20_260_101;
    private const int KeyCount = 4_000;
    private const int FileCount = 3_000;
    private const int DifferencesShown = 10;
    private const int LinesOfEach = 20;
    private const string ControlPlaneNode = "cp-1";
    private const string WorkerNode = "worker-1";
    private const string PlanName = "demo";
    private const string RecoveredOnNode = "/srv/recovered";

    private static readonly TimeSpan StepEndTimeout = TimeSpan.FromSeconds(60);

    private readonly string _directory;
    private readonly LocalCluster _cluster;
    private readonly StepLog _steps;
    private readonly HostRoot _host;
    private readonly EtcdProcess _etcd;
    private readonly SampleLayout _layout;
    private EtcdContents? _keysBefore;
    private TreeFacts? _filesBefore;
    private TreeFacts? _pkiBefore;
    private long _compactedRevision;

    public Scenario(string directory, TimeProvider clock)
    {
        _directory = directory;
        _cluster = new LocalCluster(directory, clock);
        _steps = new StepLog(clock);
        _layout = new SampleLayout(directory);
        (int client, int peer) = (FreePort.Take(), FreePort.Take());
        _host = HostRoot.Create(_layout.HostRootOf(ControlPlaneNode), ControlPlaneNode, client, peer);
        _etcd = new EtcdProcess(_host, ControlPlaneNode, client, peer, clock);
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        (string Name, Func<CancellationToken, Task> Step)[] story =
        [
            ($"start etcd on {ControlPlaneNode} and write {KeyCount} keys", FillEtcdAsync),
            ($"make a volume with {FileCount} files on {WorkerNode}", MakeVolumeAsync),
            ("k8sbackup init; start the coordinator", StartCoordinatorAsync),
            ("enrol and start both agents", StartAgentsAsync),
            ("back up: k8sbackup plan run", BackUpAsync),
            ("show the restore point", ShowPointAsync),
            ("rehearse: k8sbackup drill run", DrillAsync),
            ("the cluster goes on; k8sbackup restore impact", ShowImpactAsync),
            ("destroy: etcd's data and the volume", DestroyAsync),
            ("k8sbackup restore files", RestoreVolumeAsync),
            ("compare every file", CompareFilesAsync),
            ("k8sbackup restore control-plane, and compare", RestoreControlPlaneAsync),
            ("k8sbackup restore etcd", RestoreEtcdAsync),
            ("start etcd again and compare every key", CompareKeysAsync),
            ("k8sbackup check --read-data", CheckAsync),
        ];
        foreach ((string name, Func<CancellationToken, Task> step) in story)
        {
            await _steps.RunAsync(name, () => step(cancellationToken), cancellationToken);
        }

        _steps.PrintSummary();
        Console.WriteLine("demo: OK");
    }

    /// <summary>What coordinator and agents printed last, for finding the cause of a failure.</summary>
    public void PrintLastWords() => Console.Error.WriteLine(_cluster.LastWords(LinesOfEach));

    public void PrintHowToLookAround() => Console.WriteLine(
        $"""

        Everything is still running, under {_directory}. In another terminal:

          export K8SBACKUP_CONFIG={_cluster.ClientConfig}
          alias k8sbackup={Programs.Cli}
          k8sbackup status
          k8sbackup point show latest
          k8sbackup ls latest volume/data -l
          k8sbackup plan run {PlanName} --watch

        Ctrl-C here stops everything and removes the directory.
        """);

    public async ValueTask DisposeAsync()
    {
        // An interrupted step may be about to start a process or to write a file; what it did is removed after it.
        await _cluster.EndCommandsAsync();
        await _steps.Current.WaitAsync(StepEndTimeout).ContinueWith(
            _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        await _cluster.DisposeAsync();
        await _etcd.DisposeAsync();
        _host.Dispose();
    }

    private async Task FillEtcdAsync(CancellationToken cancellationToken)
    {
        await _etcd.StartAsync(cancellationToken);
        using EtcdGateway etcd = _etcd.Connect();
        _compactedRevision = await SampleKeys.FillAsync(etcd, KeyCount, Seed, cancellationToken);
        _keysBefore = await etcd.ReadAllAsync(cancellationToken);
        StepLog.Note($"{_keysBefore.Keys.Count} keys at revision {_keysBefore.Revision}, compacted at {_compactedRevision}");
    }

    private Task MakeVolumeAsync(CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            Directory.CreateDirectory(_layout.Volume);
            SampleVolume.Create(_layout.Volume, FileCount, Seed);
            _filesBefore = TreeFacts.Read(_layout.Volume);
            _pkiBefore = TreeFacts.Read(_host.Pki);
            StepLog.Note($"{_filesBefore.Lines.Count} objects, {_filesBefore.FileBytes >> 20} MiB of which {_filesBefore.AllocatedBytes >> 20} MiB are on disk");
        },
        cancellationToken);

    private async Task StartCoordinatorAsync(CancellationToken cancellationToken)
    {
        await _cluster.InitAsync();
        await _cluster.StartCoordinatorAsync();
    }

    private async Task StartAgentsAsync(CancellationToken cancellationToken)
    {
        await _cluster.AddAgentAsync(ControlPlaneNode, "control-plane", _host.Root, "", RecoveredOnNode);
        await _cluster.AddAgentAsync(WorkerNode, "worker", _layout.HostRootOf(WorkerNode), "");
        StepLog.Note(await _cluster.CliAsync("nodes"));
    }

    private async Task BackUpAsync(CancellationToken cancellationToken)
    {
        await _cluster.AddPlanAsync(PlanName, SampleLayout.Plan(PlanName, ControlPlaneNode, WorkerNode));
        StepLog.Note(await _cluster.CliAsync("plan", "run", PlanName, "--watch"));
    }

    private async Task ShowPointAsync(CancellationToken cancellationToken)
    {
        StepLog.Note(await _cluster.CliAsync("point", "show", "latest"));
        JsonElement point = await _cluster.CliJsonAsync("point", "show", "latest");
        int snapshots = point.GetProperty("snapshots").GetArrayLength();
        Require(snapshots == 3, $"the restore point has {snapshots} snapshots instead of 3");
    }

    private async Task DrillAsync(CancellationToken cancellationToken)
    {
        await _cluster.CliAsync("drill", "run", "latest", "--watch");
        JsonElement point = await _cluster.CliJsonAsync("point", "show", "latest");
        foreach (JsonElement drill in point.GetProperty("snapshots").EnumerateArray().Select(s => s.GetProperty("drill")))
        {
            Require(drill.GetProperty("state").GetString() == "Passed", $"a drill did not pass: {drill}");
            StepLog.Note($"{drill.GetProperty("source").GetString()}: passed, back in {drill.GetProperty("timeToRecover").GetString()}");
        }
    }

    // Changed by the restore that comes: so it is written before the keys are compared, and not among them.
    private async Task ShowImpactAsync(CancellationToken cancellationToken)
    {
        using EtcdGateway etcd = _etcd.Connect();
        Dictionary<string, byte[]> late = new()
        {
            ["/registry/minions/late-node"] = """{"apiVersion":"v1","kind":"Node","metadata":{"name":"late-node"}}"""u8.ToArray(),
        };
        await etcd.PutAsync(late, cancellationToken);
        StepLog.Note(await _cluster.CliAsync("restore", "impact", "latest", "--names"));
        JsonElement impact = await _cluster.CliJsonAsync("restore", "impact", "latest");
        Require(impact.GetProperty("live").GetBoolean() && impact.GetProperty("vanishing").GetInt32() == 1, $"the impact should be one node that vanishes: {impact}");
    }

    private async Task DestroyAsync(CancellationToken cancellationToken)
    {
        await _etcd.StopAsync();
        Directory.Delete(Path.Combine(_host.EtcdData, "member"), recursive: true);
        RawTree.Empty(_layout.Volume, andItself: false);
        StepLog.Note("etcd's data directory is empty, the volume is empty");
    }

    private async Task RestoreVolumeAsync(CancellationToken cancellationToken) =>
        StepLog.Note(await _cluster.CliAsync("restore", "files", "latest", "volume/data", "--watch"));

    private Task CompareFilesAsync(CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            TreeFacts after = TreeFacts.Read(_layout.Volume);
            RequireSame(_filesBefore!.DifferencesTo(after, DifferencesShown), "file");
            Require(after.AllocatedBytes < after.FileBytes, "the sparse file came back without its holes");
            StepLog.Note($"{after.Lines.Count} objects are the same: content, modes, owners, times, links, attributes, ACLs");
        },
        cancellationToken);

    private async Task RestoreControlPlaneAsync(CancellationToken cancellationToken)
    {
        StepLog.Note(await _cluster.CliAsync("restore", "control-plane", "latest", "--node", ControlPlaneNode, "--target", RecoveredOnNode, "--watch"));
        string recovered = _host.Root + RecoveredOnNode + "/etc/kubernetes/pki";
        Require(Directory.Exists(recovered), $"the PKI is not at {recovered}");
        RequireSame(_pkiBefore!.DifferencesTo(TreeFacts.Read(recovered), DifferencesShown), "control-plane file");
    }

    private async Task RestoreEtcdAsync(CancellationToken cancellationToken) =>
        StepLog.Note(await _cluster.CliAsync("restore", "etcd-data", "latest", "--node", ControlPlaneNode, "--yes-i-mean", ControlPlaneNode, "--watch"));

    private async Task CompareKeysAsync(CancellationToken cancellationToken)
    {
        await _etcd.StartAsync(cancellationToken);
        using EtcdGateway etcd = _etcd.Connect();
        EtcdContents after = await etcd.ReadAllAsync(cancellationToken);
        RequireSame(_keysBefore!.DifferencesTo(after, DifferencesShown), "key");
        Require(after.Revision > _keysBefore.Revision, $"the revision did not move forward: {_keysBefore.Revision}, then {after.Revision}");
        Require(await etcd.IsCompactedAsync(_keysBefore.Revision, cancellationToken), "a revision from before the restore can still be read");
        StepLog.Note($"{after.Keys.Count} keys are the same; revision {_keysBefore.Revision} became {after.Revision}, what was before is compacted");
    }

    private async Task CheckAsync(CancellationToken cancellationToken) => StepLog.Note(await _cluster.CliAsync("check", "--read-data"));

    private static void Require(bool condition, string failure)
    {
        if (!condition)
        {
            throw new DemoFailedException(failure);
        }
    }

    private static void RequireSame(IReadOnlyList<string> differences, string what) =>
        Require(differences.Count == 0, $"every {what} should be as before, but (before | after):\n{string.Join('\n', differences)}");
}
