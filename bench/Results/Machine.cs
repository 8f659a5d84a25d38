using System.Globalization;
using System.Runtime.InteropServices;

namespace K8sBackup.Bench.Results;

/// <summary>What it ran on and what ran.</summary>
internal sealed record Machine
{
    public required string Processor { get; init; }

    public required int Cores { get; init; }

    public required long MemoryBytes { get; init; }

    public required string Kernel { get; init; }

    /// <summary>File system type data, repositories and restored files are on.</summary>
    public required string FileSystem { get; init; }

    /// <summary>Load average of the last minute before the first measurement.</summary>
    public required double LoadBefore { get; init; }

    /// <summary>Versions of the tools compared with.</summary>
    public required IReadOnlyList<string> Others { get; init; }

    public required string Ours { get; init; }

    public required string Runtime { get; init; }

    public static Machine Read(string folder, IReadOnlyList<string> others, string ours) => new()
    {
        Processor = Line("/proc/cpuinfo", "model name"),
        Cores = Environment.ProcessorCount,
        MemoryBytes = long.Parse(Line("/proc/meminfo", "MemTotal").Split(' ')[0], CultureInfo.InvariantCulture) * 1024,
        Kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
        FileSystem = new DriveInfo(folder).DriveFormat,
        LoadBefore = double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture),
        Others = others,
        Ours = ours,
        Runtime = RuntimeInformation.FrameworkDescription,
    };

    private static string Line(string file, string name) =>
        File.ReadLines(file).FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? "unknown";
}
