using System.Globalization;

namespace K8sBackup.Bench.Accounting;

/// <summary>CPU time all processes of the machine have used: what is not the tools' own is other work that disturbed them.</summary>
internal static class MachineCpu
{
    // USER_HZ, the unit of /proc/stat, is 100 on every architecture .NET runs on.
    private const double TicksPerSecond = 100;

    // proc(5), first line: user nice system idle iowait irq softirq steal.
    private static readonly int[] Busy = [1, 2, 3, 6, 7];

    public static TimeSpan Used()
    {
        string[] fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return TimeSpan.FromSeconds(Busy.Sum(i => long.Parse(fields[i], CultureInfo.InvariantCulture)) / TicksPerSecond);
    }
}
