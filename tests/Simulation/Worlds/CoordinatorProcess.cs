using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Delivery;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Ingest;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Writing;
using K8sBackup.Simulation.Scheduling;
using K8sBackup.Simulation.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace K8sBackup.Simulation.Worlds;

/// <summary>One life of the coordinator: its data side as it is composed for people, over the simulated store, clock and directory.</summary>
internal sealed class CoordinatorProcess
{
    private readonly World _world;

    private CoordinatorProcess(World world, int number, string ledgers, StoreBehaviour behaviour)
    {
        _world = world;
        Gate = new ProcessGate($"coord-{number}");
        Clock = new SimulationClock(world.Scheduler, Gate);
        Ledgers = ledgers;
        Client = new StoreClient(world.Store, world.Scheduler, Gate, (world.Options.Seed * 1000) + number, world.Trace) { Behaviour = behaviour };
        IObjectStore store = world.Saboteur.Wrap(Client, Clock);
        RepositoryWriterOptions options = world.Saboteur.Options(new RepositoryWriterOptions
        {
            PackTargetBytes = RepositoryWriterOptions.PackTargetBytesMin,
            PacksPerSegment = world.Options.PacksPerSegment,
            PacksInFlightMax = world.Options.PacksInFlight,
            Holder = Gate.Name,
        });
        Access = new RepositoryAccess(store, world.Keys, options, Clock, NullLogger.Instance);
        Access.TakenOver += () => world.Scheduler.At(world.Scheduler.Now, () => world.Kill(this, "was replaced"));
        Snapshots = new SnapshotDirectory(Access);
        Uploads = new UploadService(new UploadServices(
            World.Cluster, ledgers, Board, Access, Snapshots, UploadLimits.Default, Clock, NullLogger<UploadService>.Instance));
        Sender = new SnapshotSender(Access, NullLogger<SnapshotSender>.Instance);
        Downloads = new DownloadService(Board, Snapshots, Sender, NullLogger<DownloadService>.Instance);
        Points = new RestorePointSink(Access, null);
    }

    /// <summary>When it is killed, if ever.</summary>
    public CrashPlan? Crash { get; set; }

    public ProcessGate Gate { get; }

    public SimulationClock Clock { get; }

    public StoreClient Client { get; }

    public string Ledgers { get; }

    public WorkBoard Board { get; } = new();

    public RepositoryAccess Access { get; }

    public SnapshotDirectory Snapshots { get; }

    public UploadService Uploads { get; }

    public SnapshotSender Sender { get; }

    public DownloadService Downloads { get; }

    public RestorePointSink Points { get; }

    /// <summary>True once it answers calls.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Starts the process; null when it was killed or failed on the way.</summary>
    public static async Task<CoordinatorProcess?> StartAsync(World world, int number, string ledgers, StoreBehaviour behaviour, Action<CoordinatorProcess> made)
    {
        CoordinatorProcess process = new(world, number, ledgers, behaviour);
        made(process);
        Task opening = world.Scheduler.Start(() => process.Access.OpenAsync(CancellationToken.None));
        try
        {
            await opening.WaitAsync(process.Gate.Gone);
            process.IsOpen = true;
            return process;
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e) || e is OperationCanceledException)
        {
            world.Note(process.Gate.Name, $"does not start: {e.Message}");
            world.Kill(process, "did not start");
            return null;
        }
    }

    /// <summary>Ends it in an orderly way, so that nothing of it is left.</summary>
    public async Task StopAsync()
    {
        await Access.DisposeAsync();
        Uploads.Dispose();
        Sender.Dispose();
        Snapshots.Dispose();
    }
}
