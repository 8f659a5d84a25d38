namespace K8sBackup.Etcd.Booting;

/// <summary>A boot test failed: an etcd does not serve from the data-dir what the snapshot holds, or could not be tried.</summary>
public sealed class BootTestException : Exception
{
    /// <summary>Names the cause and what showed it.</summary>
    public BootTestException(BootTestFault fault, string message, string serverLog = "")
        : base(message)
    {
        Fault = fault;
        ServerLog = serverLog;
    }

    /// <summary>Names the cause and keeps the error that showed it.</summary>
    public BootTestException(BootTestFault fault, string message, Exception inner, string serverLog = "")
        : base(message, inner)
    {
        Fault = fault;
        ServerLog = serverLog;
    }

    /// <summary>The cause.</summary>
    public BootTestFault Fault { get; }

    /// <summary>The end of what the server printed; empty when it was not started.</summary>
    public string ServerLog { get; }

    /// <summary>True when this says something about the data; false when the test itself could not be done.</summary>
    public bool IsVerdict => Fault is not (BootTestFault.BinaryUnusable or BootTestFault.ScratchUnusable or BootTestFault.NotIsolated);
}
