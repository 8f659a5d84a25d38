namespace K8sBackup.Etcd.Client;

/// <summary>A snapshot was not taken; whatever is in the spool is worthless.</summary>
public sealed class EtcdSnapshotException : Exception
{
    /// <summary>Names the cause and what showed it.</summary>
    public EtcdSnapshotException(EtcdSnapshotError error, string message)
        : base(message)
    {
        Error = error;
    }

    /// <summary>Names the cause and keeps the error that showed it.</summary>
    public EtcdSnapshotException(EtcdSnapshotError error, string message, Exception inner)
        : base(message, inner)
    {
        Error = error;
    }

    /// <summary>The cause.</summary>
    public EtcdSnapshotError Error { get; }

    /// <summary>True when a retry, with this member or another, cannot help before somebody changes something.</summary>
    public bool IsPermanent => Error is EtcdSnapshotError.Unauthenticated or EtcdSnapshotError.TooLarge or EtcdSnapshotError.SpoolFull;
}
