namespace K8sBackup.Coordinator.Hosting;

/// <summary>Bounds on what the coordinator does at the same time and keeps.</summary>
public sealed record LimitOptions
{
    /// <summary>Sources of one run worked on at the same time, unless the plan says otherwise.</summary>
    public int ConcurrentSourcesPerRun { get; init; } = 8;

    /// <summary>Backups on one node at the same time, over all runs: reading is limited by the node's disks.</summary>
    public int ConcurrentSourcesPerNode { get; init; } = 2;

    /// <summary>Finished runs kept in the history.</summary>
    public int RunsKept { get; init; } = 1000;

    /// <summary>Finished Backup objects of a plan kept in the cluster.</summary>
    public int BackupsKept { get; init; } = 20;

    /// <summary>Enrolment attempts a minute over all callers; a rack that starts at once must get through.</summary>
    public int EnrolmentsPerMinute { get; init; } = 30;
}
