namespace K8sBackup.Etcd.Browsing;

/// <summary>A snapshot does not have what was asked for.</summary>
public sealed class BrowseException : Exception
{
    /// <summary>Names the cause, and what the snapshot has instead.</summary>
    public BrowseException(BrowseFault fault, string message)
        : base(message)
    {
        Fault = fault;
    }

    /// <summary>The cause.</summary>
    public BrowseFault Fault { get; }
}
