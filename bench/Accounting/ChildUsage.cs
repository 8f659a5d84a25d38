using System.Runtime.InteropServices;

namespace K8sBackup.Bench.Accounting;

/// <summary>
/// CPU time of children that have ended, from getrusage(2). One child ends at a time here, so the difference around it
/// is what wait4 would have reported for it, including what it started and waited for.
/// </summary>
internal static unsafe partial class ChildUsage
{
    private const int Children = -1;

    // struct rusage of Linux on 64 bits: two timevals of two words, then fourteen counters.
    private const int Words = 18;
    private const long MicrosecondsPerSecond = 1_000_000;

    /// <summary>User and system time together.</summary>
    public static TimeSpan Cpu()
    {
        long* usage = stackalloc long[Words];
        return GetUsage(Children, usage) == 0
            ? TimeSpan.FromMicroseconds(((usage[0] + usage[2]) * MicrosecondsPerSecond) + usage[1] + usage[3])
            : throw new BenchFailedException($"getrusage failed: {Marshal.GetLastPInvokeErrorMessage()}.");
    }

    [LibraryImport("libc", EntryPoint = "getrusage", SetLastError = true)]
    private static partial int GetUsage(int who, long* usage);
}
