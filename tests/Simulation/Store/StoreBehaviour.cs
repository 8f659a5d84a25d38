namespace K8sBackup.Simulation.Store;

/// <summary>How badly the store behaves: chances in 10,000 of each fault per call, and times.</summary>
internal sealed record StoreBehaviour
{
    /// <summary>A store that works.</summary>
    public static readonly StoreBehaviour Sound = new();

    public int Refused { get; init; }

    public int AnswerLost { get; init; }

    public int Late { get; init; }

    public int Slow { get; init; }

    public int Truncated { get; init; }

    public int Flipped { get; init; }

    public int NoSpace { get; init; }

    /// <summary>Chance in 100 that a listing learns of a change late.</summary>
    public int StaleListing { get; init; }

    /// <summary>Longest time a listing stays behind.</summary>
    public TimeSpan StaleMax { get; init; }

    public TimeSpan LatencyMax { get; init; } = TimeSpan.FromMilliseconds(30);

    /// <summary>Objects a listing gives at once; it is not atomic beyond that.</summary>
    public int PageObjects { get; init; } = 1000;

    /// <summary>One in three worlds has a sound store, the others draw how bad it is.</summary>
    public static StoreBehaviour Draw(Random random)
    {
        int harm = random.Next(3);
        int Chance(int max) => harm == 0 ? 0 : random.Next(max * harm + 1);
        return new StoreBehaviour
        {
            Refused = Chance(150),
            AnswerLost = Chance(100),
            Late = Chance(80),
            Slow = Chance(50),
            Truncated = Chance(30),
            Flipped = Chance(30),
            NoSpace = Chance(10),
            StaleListing = random.Next(3) == 0 ? random.Next(60) : 0,
            StaleMax = TimeSpan.FromSeconds(random.Next(1, 60)),
            LatencyMax = TimeSpan.FromMilliseconds(random.Next(1, 400)),
            PageObjects = random.Next(4) == 0 ? random.Next(1, 8) : 1000,
        };
    }

    public StoreFault Choose(Random random, bool isRead)
    {
        int roll = random.Next(10_000);
        foreach ((int chance, StoreFault fault) in Faults(isRead))
        {
            if (roll < chance)
            {
                return fault;
            }

            roll -= chance;
        }

        return StoreFault.None;
    }

    private IEnumerable<(int Chance, StoreFault Fault)> Faults(bool isRead)
    {
        yield return (Refused, StoreFault.Refused);
        yield return (Slow, StoreFault.Slow);
        yield return isRead ? (Truncated, StoreFault.Truncated) : (AnswerLost, StoreFault.AnswerLost);
        yield return isRead ? (Flipped, StoreFault.Flipped) : (Late, StoreFault.Late);
        yield return (isRead ? 0 : NoSpace, StoreFault.NoSpace);
    }
}
