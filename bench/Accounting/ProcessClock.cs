using System.Runtime.InteropServices;

namespace K8sBackup.Bench.Accounting;

/// <summary>CPU time of a living process with all its threads, ended ones too, to the nanosecond (clock_getcpuclockid(3)).</summary>
internal static unsafe partial class ProcessClock
{
    private const long NanosecondsPerSecond = 1_000_000_000;
    private const int NanosecondsPerTick = 100;

    public static TimeSpan Cpu(int processId)
    {
        int clock;
        long* time = stackalloc long[2];
        int error = GetClock(processId, &clock);
        return error == 0 && GetTime(clock, time) == 0
            ? TimeSpan.FromTicks(((time[0] * NanosecondsPerSecond) + time[1]) / NanosecondsPerTick)
            : throw new BenchFailedException($"The CPU clock of process {processId} cannot be read; has it ended?");
    }

    [LibraryImport("libc", EntryPoint = "clock_getcpuclockid")]
    private static partial int GetClock(int processId, int* clock);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, long* time);
}
