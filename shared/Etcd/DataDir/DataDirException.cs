namespace K8sBackup.Etcd.DataDir;

/// <summary>A data-dir could not be built, verified, locked or swapped. What was there before is still there.</summary>
public sealed class DataDirException : Exception
{
    /// <summary>Names the cause and what showed it.</summary>
    public DataDirException(DataDirFault fault, string message)
        : base(message)
    {
        Fault = fault;
    }

    /// <summary>Names the cause and keeps the error that showed it.</summary>
    public DataDirException(DataDirFault fault, string message, Exception inner)
        : base(message, inner)
    {
        Fault = fault;
    }

    /// <summary>The cause.</summary>
    public DataDirFault Fault { get; }
}
