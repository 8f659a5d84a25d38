namespace K8sBackup.Coordinator.Runs;

/// <summary>How one source of a run stands.</summary>
public enum SourceState
{
    /// <summary>Waits for its turn or for its node.</summary>
    Waiting = 1,

    Running = 2,

    Completed = 3,

    /// <summary>There is a snapshot, and single items are missing from it.</summary>
    PartiallyFailed = 4,

    Failed = 5,

    Cancelled = 6,
}
