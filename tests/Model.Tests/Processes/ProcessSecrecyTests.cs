using System.Runtime.InteropServices;
using K8sBackup.Model.Processes;

namespace K8sBackup.Model.Tests.Processes;

public sealed partial class ProcessSecrecyTests
{
    private const int GetDumpable = 3;

    [Fact]
    public async Task Ensure_KeepsTheProcessOutOfCoreDumps()
    {
        Assert.True(ProcessSecrecy.Ensure());
        Assert.Equal(0, Control(GetDumpable, 0, 0, 0, 0));
        string limit = (await File.ReadAllLinesAsync("/proc/self/limits")).Single(l => l.StartsWith("Max core file size", StringComparison.Ordinal));
        Assert.Matches("^Max core file size +0 +0 +bytes", limit);
    }

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Control(int option, nuint a, nuint b, nuint c, nuint d);
}
