using System.Globalization;

namespace K8sBackup.Bench.Accounting;

/// <summary>
/// The largest resident set of a process, from VmHWM. Not ru_maxrss: exec counts the memory of the program that
/// started the process into that, and this one is larger than what it measures.
/// </summary>
internal static class PeakMemory
{
    /// <summary>Bytes; 0 when the process has ended.</summary>
    public static long Bytes(int processId)
    {
        try
        {
            string? line = File.ReadLines($"/proc/{processId}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <summary>Lets the mark start again from what is resident now (proc(5), clear_refs).</summary>
    public static void Reset(int processId) => File.WriteAllText($"/proc/{processId}/clear_refs", "5");
}
