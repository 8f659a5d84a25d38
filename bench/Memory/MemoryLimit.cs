using System.Globalization;

namespace K8sBackup.Bench.Memory;

/// <summary>A control group with a limit of memory, of version 1 or 2. The kernel kills what does not keep to it. Needs root.</summary>
internal sealed class MemoryLimit : IDisposable
{
    private const string Version1 = "/sys/fs/cgroup/memory";
    private const string Version2 = "/sys/fs/cgroup";

    private readonly string _group;
    private readonly bool _isVersion1;

    private MemoryLimit(string group, bool isVersion1, long bytes)
    {
        _group = group;
        _isVersion1 = isVersion1;
        Bytes = bytes;
    }

    /// <summary>The limit.</summary>
    public long Bytes { get; }

    /// <summary>The most that was used, page cache included; the kernel gives that back when memory is wanted.</summary>
    public long PeakBytes => Read(_isVersion1 ? "memory.max_usage_in_bytes" : "memory.peak");

    /// <exception cref="BenchFailedException">No such group can be made here.</exception>
    public static MemoryLimit Create(string name, long bytes)
    {
        bool isVersion1 = Directory.Exists(Version1);
        string group = Path.Combine(isVersion1 ? Version1 : Version2, $"k8sbackup-bench-{name}-{Environment.ProcessId}");
        try
        {
            Directory.CreateDirectory(group);
            File.WriteAllText(Path.Combine(group, isVersion1 ? "memory.limit_in_bytes" : "memory.max"), bytes.ToString(CultureInfo.InvariantCulture));
            return new MemoryLimit(group, isVersion1, bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BenchFailedException($"No control group with a limit of memory can be made: {e.Message} It needs root and the memory controller.");
        }
    }

    /// <summary>Program and arguments that enter the group first.</summary>
    public (string Program, string[] Arguments) Wrap(string program, IEnumerable<string> arguments) =>
        ("/bin/sh", ["-c", "echo $$ > \"$0/cgroup.procs\" && exec \"$@\"", _group, program, .. arguments]);

    public void Dispose()
    {
        if (Directory.Exists(_group))
        {
            Directory.Delete(_group);
        }
    }

    private long Read(string file) => long.Parse(File.ReadAllText(Path.Combine(_group, file)), CultureInfo.InvariantCulture);
}
