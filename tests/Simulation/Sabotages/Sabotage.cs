namespace K8sBackup.Simulation.Sabotages;

/// <summary>A safeguard taken away, to prove that the simulation would notice; the letters are the invariant that then breaks.</summary>
internal enum Sabotage
{
    None = 0,

    /// <summary>I1: the writer does not wait until its packs are durable.</summary>
    PacksNotAwaited = 1,

    /// <summary>I2: the store ignores create-only.</summary>
    CreateOnlyIgnored = 2,

    /// <summary>I3: whoever takes over must find the repository unlocked.</summary>
    LockNeeded = 3,

    /// <summary>I4: a prune does not list the snapshots again.</summary>
    SnapshotsNotListedAgain = 4,

    /// <summary>I4: condemned packs are deleted at the next prune.</summary>
    GraceIgnored = 11,

    /// <summary>I3: a writer that was replaced goes on.</summary>
    FencingIgnored = 12,

    /// <summary>I4: prunes believe every clock.</summary>
    ClockBelieved = 13,

    /// <summary>I5: the reader neither authenticates frames nor hashes chunks.</summary>
    ReadsNotAuthenticated = 5,

    /// <summary>I6: every attempt of a piece of work goes under a name of its own.</summary>
    WorkRenamed = 6,

    /// <summary>I7: what an agent says it owns is believed.</summary>
    ClaimsBelieved = 7,

    /// <summary>I8: packs in flight are not bounded.</summary>
    PacksUnbounded = 8,

    /// <summary>I9: a write counts as done when it was sent.</summary>
    WritesNotProved = 9,

    /// <summary>I1: a copy does not wait until its packs are durable.</summary>
    CopiesNotAwaited = 14,

    /// <summary>I10: the reader does not look at the format version.</summary>
    VersionIgnored = 10,
}
