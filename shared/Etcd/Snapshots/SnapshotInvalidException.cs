namespace K8sBackup.Etcd.Snapshots;

/// <summary>A snapshot file is not what a completed snapshot call leaves. Permanent: take a new snapshot.</summary>
public sealed class SnapshotInvalidException : Exception
{
    /// <summary>Names the cause and the sizes or digests that show it.</summary>
    public SnapshotInvalidException(SnapshotFault fault, string message)
        : base(message)
    {
        Fault = fault;
    }

    /// <summary>What is wrong.</summary>
    public SnapshotFault Fault { get; }
}
