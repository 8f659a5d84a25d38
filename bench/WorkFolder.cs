namespace K8sBackup.Bench;

/// <summary>The directory everything happens in, which goes when the run ends, however it ends.</summary>
internal sealed class WorkFolder : IDisposable
{
    private const string SharedMemory = "/dev/shm";

    // The data, two repositories of at most their size and one restored tree.
    private const int Copies = 4;

    // Memory that shared memory must leave to the tools and the machine.
    private const long MemoryReserveBytes = 2L << 30;

    private readonly DirectoryInfo _directory;

    private WorkFolder(DirectoryInfo directory) => _directory = directory;

    public string Path => _directory.FullName;

    /// <summary>Shared memory when it and the machine have room for the largest data set, else the temporary directory.</summary>
    /// <exception cref="BenchFailedException">There is no room.</exception>
    public static WorkFolder Create(string wanted, long dataBytes)
    {
        long needed = dataBytes * Copies;
        string[] places = wanted.Length > 0 ? [wanted] : [SharedMemory, System.IO.Path.GetTempPath()];
        string place = places.FirstOrDefault(p => HasRoom(p, needed))
            ?? throw new BenchFailedException($"{needed >> 20} MiB are needed and neither of these has them: {string.Join(", ", places)}.");
        return new WorkFolder(Directory.CreateDirectory(System.IO.Path.Combine(place, $"k8sbackup-bench-{Environment.ProcessId}")));
    }

    /// <summary>A new directory below.</summary>
    public string New(string name) => _directory.CreateSubdirectory(name).FullName;

    public void Dispose() => _directory.Delete(recursive: true);

    private static bool HasRoom(string place, long needed)
    {
        if (!Directory.Exists(place))
        {
            return false;
        }

        bool inMemory = place.StartsWith(SharedMemory, StringComparison.Ordinal);
        return new DriveInfo(place).AvailableFreeSpace >= needed
            && (!inMemory || GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >= needed + MemoryReserveBytes);
    }
}
