namespace K8sBackup.Etcd.Client;

/// <summary>A call to a member failed.</summary>
public sealed class EtcdCallException : Exception
{
    /// <summary>Names the call, the cause and what the member said.</summary>
    public EtcdCallException(EtcdCallError error, string message, Exception inner)
        : base(message, inner)
    {
        Error = error;
    }

    /// <summary>The cause.</summary>
    public EtcdCallError Error { get; }

    /// <summary>True when the same call will fail the same way.</summary>
    public bool IsPermanent => Error is EtcdCallError.Unauthenticated or EtcdCallError.Compacted or EtcdCallError.FutureRevision;
}
