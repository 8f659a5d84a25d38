using K8sBackup.Model.Ids;
using K8sBackup.Repository;
using K8sBackup.Repository.Keys;
using K8sBackup.Simulation.Oracles;
using K8sBackup.Simulation.Sabotages;
using K8sBackup.Simulation.Scheduling;
using K8sBackup.Simulation.Store;

namespace K8sBackup.Simulation.Worlds;

/// <summary>
/// Everything of one seed: a store, sources with agents, coordinators that come and go, and an oracle that judges every step. First
/// everything goes wrong as the options say; then nothing does any more, and all work must come to its end by itself.
/// </summary>
internal sealed class World : IDisposable
{
    public const string Cluster = "prod";

    private const long StepsMax = 3_000_000;

    private static readonly TimeSpan EndedLately = TimeSpan.FromDays(1);
    private static readonly TimeSpan WithoutCoordinatorMax = TimeSpan.FromDays(1);

    private readonly Random _random;
    private readonly List<CoordinatorProcess> _processes = [];
    private readonly DirectoryInfo _directory;
    private readonly Dictionary<RunId, long> _ended = [];
    private int _lives;

    public World(WorldOptions options, Credentials credentials, Trace trace)
    {
        // In memory where that is to be had: thousands of worlds make and remove theirs.
        _directory = Directory.Exists("/dev/shm")
            ? Directory.CreateDirectory($"/dev/shm/k8sbackup-sim-{Environment.ProcessId}-{options.Seed}")
            : Directory.CreateTempSubdirectory("k8sbackup-sim-");
        Options = options;
        Trace = trace;
        Credentials = credentials;
        SeededRandomness.Begin(options.Seed);
        _random = new Random(options.Seed);
        Scheduler = new SimulationScheduler(_random.Next(), StepsMax);
        Clock = new SimulationClock(Scheduler);
        Store = new ModelStore(() => Scheduler.Now);
        Copy = new ModelStore(() => Scheduler.Now);
        Pool = new ChunkPool(_random.Next(), options.Chunks, options.ChunkBytesMax);
        Sources = [.. Enumerable.Range(0, options.Sources).Select(n => new SourceModel(n, _random.Next(), options.Chunks, options.FilesMax))];
        Saboteur = new Saboteur(this);
    }

    public WorldOptions Options { get; }

    public Credentials Credentials { get; }

    public Trace Trace { get; }

    public SimulationScheduler Scheduler { get; }

    public SimulationClock Clock { get; }

    public ModelStore Store { get; }

    /// <summary>What the repository is copied to.</summary>
    public ModelStore Copy { get; }

    public ChunkPool Pool { get; }

    public IReadOnlyList<SourceModel> Sources { get; }

    public Saboteur Saboteur { get; }

    public MasterKeys Keys { get; private set; } = null!;

    public Oracle Oracle { get; private set; } = null!;

    public CopyOracle CopyOracle { get; private set; } = null!;

    /// <summary>Copies that were begun.</summary>
    public int CopiesBegun { get; set; }

    /// <summary>Runs without a restore point yet.</summary>
    public HashSet<RunId> RunsGoingOn { get; } = [];

    /// <summary>True for runs that go on, and for a day after that, because the store may list their restore points late.</summary>
    public bool IsGoingOn(RunId run) =>
        RunsGoingOn.Contains(run) || (_ended.TryGetValue(run, out long at) && Clock.GetElapsedTime(at) < EndedLately);

    /// <summary>Work ids of backups that were committed.</summary>
    public HashSet<string> FinishedWork { get; } = new(StringComparer.Ordinal);

    /// <summary>True while a prune goes on.</summary>
    public bool IsPruning { get; set; }

    /// <summary>Store calls made while a prune went on.</summary>
    public int PruneCalls { get; set; }

    /// <summary>Things going on that are worth disturbing.</summary>
    public int Busy { get; set; }

    /// <summary>True while things go wrong.</summary>
    public bool IsStormy { get; private set; } = true;

    /// <summary>Processes that were not killed.</summary>
    public IReadOnlyList<CoordinatorProcess> Alive => [.. _processes.Where(p => !p.Gate.IsDead)];

    /// <summary>The run has its restore point.</summary>
    public void End(RunId run)
    {
        RunsGoingOn.Remove(run);
        _ended[run] = Scheduler.Now;
    }

    /// <summary>Runs the world to its end.</summary>
    /// <exception cref="SimulationException">An invariant does not hold.</exception>
    public void Run() => Scheduler.Run(LiveAsync);

    public void Note(string who, string what) => Trace.Add(Scheduler.Now, who, what);

    /// <summary>A seed for something that draws by itself.</summary>
    public int Draw() => _random.Next();

    /// <summary>SIGKILL: of what it did, the store has what arrived, and its directory all but an unwritten end.</summary>
    public void Kill(CoordinatorProcess process, string why)
    {
        if (!process.Gate.IsDead)
        {
            Note(process.Gate.Name, $"is killed: {why}");
            process.Gate.Kill();
        }
    }

    /// <summary>A coordinator that runs, as an agent finds it behind its address: the newest, at times another that still answers.</summary>
    public async Task<CoordinatorProcess> FindCoordinatorAsync()
    {
        long begin = Scheduler.Now;

        // Who looks for one keeps somebody busy starting one.
        Busy++;
        try
        {
            return await FindCoordinatorAsync(begin);
        }
        finally
        {
            Busy--;
        }
    }

    private async Task<CoordinatorProcess> FindCoordinatorAsync(long begin)
    {
        while (true)
        {
            if (Clock.GetElapsedTime(begin) > WithoutCoordinatorMax)
            {
                throw new SimulationException("I3", $"nobody could take over for {WithoutCoordinatorMax}");
            }

            CoordinatorProcess[] running = [.. _processes.Where(p => p.Gate.IsRunning && p.IsOpen)];
            if (running.Length > 0)
            {
                return _random.Next(4) == 0 ? running[_random.Next(running.Length)] : running[^1];
            }

            await Task.Delay(TimeSpan.FromSeconds(5), Clock);
            if (!IsStormy && Alive.Count == 0)
            {
                await StartCoordinatorAsync();
            }
        }
    }

    /// <summary>Starts one more life of the coordinator.</summary>
    public async Task StartCoordinatorAsync()
    {
        int number = ++_lives;
        string ledgers = Path.Combine(_directory.FullName, $"{number}");
        InheritLedgers(ledgers);
        await CoordinatorProcess.StartAsync(this, number, ledgers, IsStormy ? Options.Store : StoreBehaviour.Sound, process =>
        {
            _processes.Add(process);
            process.Crash = new CrashPlan(this, process, _random, number);
            process.Client.Moment = process.Crash.Moment;
            Note(process.Gate.Name, "starts");
        });
    }

    public void Dispose()
    {
        Scheduler.Dispose();
        _directory.Delete(recursive: true);
        Keys?.Dispose();
    }

    private async Task LiveAsync()
    {
        Keys = await RepositoryInitializer.CreateAsync(new DirectStore(Store) { IsWritable = true }, Credentials.Slots, Clock, CancellationToken.None);
        Oracle = new Oracle(Store, Keys, () => Scheduler.Now, Options.Grace, RunsGoingOn);
        Store.Changed += change =>
        {
            Note(change.By, $"  {change.Kind} {change.Name} ({change.Content.Length})");
            Oracle.Judge(change);
        };
        WatchCopy();
        Disturbances disturbances = new(this, Draw());
        Task storm = StartVital(disturbances.RunAsync);
        List<Task> plans = [.. Enumerable.Range(0, Options.Plans).Select(n => StartVital(new Plan(this, n, Draw()).RunAsync))];
        Task restores = StartVital(new Restores(this, Draw()).RunWhileStormyAsync);
        Task prunes = StartVital(new Prunes(this, Draw()).RunWhileStormyAsync);
        Task copies = Options.Copies ? StartVital(new Copies(this, Draw()).RunWhileStormyAsync) : Task.CompletedTask;
        await Task.WhenAll(plans);
        IsStormy = false;
        await storm;
        await Task.WhenAll(restores, prunes, copies);
        await new Calm(this).RunAsync([.. _processes]);
    }

    private void WatchCopy()
    {
        CopyOracle = new CopyOracle(Store, Copy, Keys, Oracle);
        Store.Changed += CopyOracle.Learn;
        Copy.Changed += change =>
        {
            Note(change.By, $"  copy: {change.Kind} {change.Name} ({change.Content.Length})");
            CopyOracle.Judge(change);
        };
    }

    // What comes out of such an activity ends the world at once, whoever waits for it.
    private Task StartVital(Func<Task> activity) => Scheduler.Start(async () =>
    {
        try
        {
            await activity();
        }
        catch (Exception e)
        {
            Scheduler.Fail(e);
            throw;
        }
    });

    // The newest life's ledgers, of which a crash may have kept the end from the disk.
    private void InheritLedgers(string ledgers)
    {
        Directory.CreateDirectory(ledgers);
        if (_processes.Count == 0)
        {
            return;
        }

        foreach (string file in Directory.GetFiles(_processes[^1].Ledgers).Order(StringComparer.Ordinal))
        {
            byte[] content = ReadShared(file);
            int kept = _random.Next(3) == 0 ? _random.Next(content.Length + 1) : content.Length;
            File.WriteAllBytes(Path.Combine(ledgers, Path.GetFileName(file)), content.AsSpan(0, kept));
        }
    }

    private static byte[] ReadShared(string path)
    {
        // The killed life's file is still open in this process, so the file system's own copy is read without its lock.
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] content = new byte[file.Length];
        file.ReadExactly(content);
        return content;
    }
}
