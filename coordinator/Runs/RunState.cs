namespace K8sBackup.Coordinator.Runs;

/// <summary>How a run stands.</summary>
public enum RunState
{
    Running = 1,

    /// <summary>Every source the plan asks for has a complete snapshot.</summary>
    Completed = 2,

    /// <summary>There is a restore point, and something is missing from it.</summary>
    PartiallyFailed = 3,

    /// <summary>There is no restore point.</summary>
    Failed = 4,

    /// <summary>Cancelled by an operator; snapshots finished before are kept in a restore point.</summary>
    Cancelled = 5,
}
