using K8sBackup.TestKit.Processes;

namespace K8sBackup.Integration.Tests;

/// <summary>Makes a system call of a running process fail, or kills the process in it. It ends with its own dispose, or with the process.</summary>
internal sealed class SystemCallFault : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly ChildProcess _tracer;

    private SystemCallFault(ChildProcess tracer) => _tracer = tracer;

    /// <summary>True once the traced process has ended.</summary>
    public bool IsOver => _tracer.HasExited;

    /// <summary>Kills the process when one of its threads makes that call for the n-th time from now on, before the call does anything.</summary>
    public static Task<SystemCallFault> KillAtAsync(ChildProcess process, string call, int nth) =>
        AttachAsync(process, call, $"inject={call}:signal=KILL:when={nth}");

    /// <summary>Every such call fails from a thread's n-th on.</summary>
    public static Task<SystemCallFault> FailFromAsync(ChildProcess process, string call, int nth, string error) =>
        AttachAsync(process, call, $"inject={call}:error={error}:when={nth}+");

    public ValueTask DisposeAsync() => _tracer.DisposeAsync();

    private static async Task<SystemCallFault> AttachAsync(ChildProcess process, string call, string injection)
    {
        ChildProcess tracer = ChildProcess.Start(
            "strace", ["-f", "-p", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), "-o", "/dev/null", "-e", $"trace={call}", "-e", injection]);
        try
        {
            await tracer.WaitForLineAsync(line => line.Contains("attached", StringComparison.Ordinal), Patience);
            return new SystemCallFault(tracer);
        }
        catch
        {
            await tracer.DisposeAsync();
            throw;
        }
    }
}
