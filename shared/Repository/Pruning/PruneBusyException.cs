namespace K8sBackup.Repository.Pruning;

/// <summary>A prune of the repository goes on; there is one at a time.</summary>
public sealed class PruneBusyException : Exception
{
    public PruneBusyException()
        : base("A prune of the repository goes on.")
    {
    }

    /// <summary>Always false: it may be tried again.</summary>
    public bool IsPermanent { get; }
}
