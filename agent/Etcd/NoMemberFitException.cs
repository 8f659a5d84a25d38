namespace K8sBackup.Agent.Etcd;

/// <summary>Something speaks against reading each of etcd's members just now; what it is may pass.</summary>
internal sealed class NoMemberFitException : Exception
{
    /// <summary>Says what, of each member.</summary>
    public NoMemberFitException(string message)
        : base(message)
    {
    }
}
