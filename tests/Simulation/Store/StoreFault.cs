namespace K8sBackup.Simulation.Store;

/// <summary>What goes wrong with one call to the store.</summary>
internal enum StoreFault
{
    None = 0,

    /// <summary>Refused before anything happened (500, SlowDown, reset).</summary>
    Refused = 1,

    /// <summary>Done, but the answer is lost.</summary>
    AnswerLost = 2,

    /// <summary>The client gives up; the request takes effect minutes later.</summary>
    Late = 3,

    /// <summary>Takes minutes, then works.</summary>
    Slow = 4,

    /// <summary>A read ends early without saying so.</summary>
    Truncated = 5,

    /// <summary>A read has a flipped bit.</summary>
    Flipped = 6,

    /// <summary>No room.</summary>
    NoSpace = 7,
}
