using K8sBackup.Simulation.Sabotages;
using K8sBackup.Simulation.Store;

namespace K8sBackup.Simulation.Worlds;

/// <summary>What a world is like, all of it drawn from its seed. Printed when the world fails.</summary>
internal sealed record WorldOptions
{
    public required int Seed { get; init; }

    /// <summary>Things that are backed up, each by an agent of its own.</summary>
    public required int Sources { get; init; }

    /// <summary>Backup runs, one after the other in each of <see cref="Plans"/>.</summary>
    public required int Runs { get; init; }

    /// <summary>Plans that run beside each other.</summary>
    public required int Plans { get; init; }

    /// <summary>Different chunks all sources draw from: few make much sharing.</summary>
    public required int Chunks { get; init; }

    public required int ChunkBytesMax { get; init; }

    public required int FilesMax { get; init; }

    public required int PacksPerSegment { get; init; }

    public required int PacksInFlight { get; init; }

    public required StoreBehaviour Store { get; init; }

    /// <summary>True when restore points are let go and the repository is pruned.</summary>
    public required bool Prunes { get; init; }

    /// <summary>True when prunes begin while backups go on, and the other way round.</summary>
    public bool PrunesBesideRuns { get; init; }

    /// <summary>How long condemned packs stay.</summary>
    public required TimeSpan Grace { get; init; }

    /// <summary>Packs with less that lives are copied.</summary>
    public required int RepackPercent { get; init; }

    /// <summary>True when the repository is copied to a second store.</summary>
    public bool Copies { get; init; }

    /// <summary>Chance in 100 that a coordinator is killed at one of its first store calls.</summary>
    public required int CrashChance { get; init; }

    /// <summary>Mean time between two disturbances; zero for none.</summary>
    public required TimeSpan Disturbance { get; init; }

    /// <summary>Chance in 100 that an attempt of an agent loses its connection.</summary>
    public required int CutChance { get; init; }

    /// <summary>Chance in 100 that an agent tries to reference what it never had.</summary>
    public required int HostileChance { get; init; }

    /// <summary>Kills the first coordinator at this store call; 0 to leave it to chance.</summary>
    public int CrashAtCall { get; init; }

    /// <summary>Counts only calls made while a prune goes on, of whatever coordinator.</summary>
    public bool CrashInPrune { get; init; }

    /// <summary>The moment of that call: 0 sent, 1 done, 2 answered.</summary>
    public int CrashMoment { get; init; }

    /// <summary>The safeguard that is taken away.</summary>
    public Sabotage Sabotage { get; init; }

    public static WorldOptions Draw(int seed)
    {
        Random random = new(seed);
        bool quiet = random.Next(5) == 0;
        return new WorldOptions
        {
            Seed = seed,
            Sources = random.Next(1, 5),
            Runs = random.Next(1, 5),
            Plans = random.Next(1, 3),
            Chunks = random.Next(12, 80),
            ChunkBytesMax = 2_000 << random.Next(6),
            FilesMax = random.Next(2, 14),
            PacksPerSegment = random.Next(1, 4),
            PacksInFlight = random.Next(1, 4),
            Prunes = random.Next(4) > 0,
            Grace = TimeSpan.FromHours(random.Next(2, 73)),
            RepackPercent = random.Next(3) * 40,
            PrunesBesideRuns = random.Next(2) == 0,
            Store = StoreBehaviour.Draw(random),
            CrashChance = quiet ? 0 : random.Next(70),
            Disturbance = quiet ? TimeSpan.Zero : TimeSpan.FromSeconds(random.Next(10, 400)),
            CutChance = quiet ? 0 : random.Next(25),
            HostileChance = random.Next(12),
            Copies = random.Next(4) == 0,
        };
    }

    /// <summary>The same world without a safeguard. What breaks is to be that one's invariant, so prunes take part only where they are what it is about.</summary>
    public WorldOptions Sabotaged(Sabotage sabotage) => (sabotage == Sabotage.FencingIgnored ? Crowded() : this) with
    {
        Sabotage = sabotage,
        Prunes = Prunes && sabotage is Sabotage.None or Sabotage.SnapshotsNotListedAgain or Sabotage.GraceIgnored
            or Sabotage.FencingIgnored or Sabotage.ClockBelieved,
        Copies = sabotage == Sabotage.CopiesNotAwaited || (Copies && sabotage == Sabotage.None),
    };

    // Coordinators live long beside each other, and what one of them condemned is soon due.
    private WorldOptions Crowded() => this with
    {
        Runs = 8,
        Plans = 2,
        Prunes = true,
        PrunesBesideRuns = true,
        Grace = TimeSpan.FromHours(2),
        CrashChance = 0,
        Disturbance = TimeSpan.FromSeconds(300),
    };

    /// <summary>A calm world in which nothing happens but one kill, at the call and moment given.</summary>
    public static WorldOptions CrashAt(int call, int moment) => Draw(1) with
    {
        Sources = 2,
        Runs = 2,
        Plans = 1,
        Store = StoreBehaviour.Sound,
        CrashChance = 0,
        Disturbance = TimeSpan.Zero,
        CutChance = 0,
        HostileChance = 0,
        Copies = false,
        CrashAtCall = call,
        CrashMoment = moment,
    };

    /// <summary>As <see cref="CrashAt"/>, at a call of a prune: enough runs and prunes for every kind of step.</summary>
    public static WorldOptions CrashInPruneAt(int call, int moment) => CrashAt(call, moment) with
    {
        Runs = 8,
        Prunes = true,
        PrunesBesideRuns = true,
        RepackPercent = 80,
        Grace = TimeSpan.FromHours(2),
        CrashInPrune = true,
    };
}
