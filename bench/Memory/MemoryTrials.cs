using K8sBackup.Bench.Accounting;
using K8sBackup.Bench.Data;
using K8sBackup.Bench.Tools;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Bench.Memory;

/// <summary>
/// Backups and restores by processes that the kernel kills when they use more memory than allowed: an agent with very many files, an
/// agent with a very long sparse file, and a coordinator with a very large index or very many restore points.
/// </summary>
internal sealed class MemoryTrials
{
    /// <summary>Name of the trials on the command line.</summary>
    public const string Name = "memory";

    private const long AgentLimit = 256L << 20;
    private const long CoordinatorLimit = 512L << 20;
    private const long FullFiles = 2_000_000;
    private const long FullSparseBytes = 100L << 30;
    private const long SparsePieces = 1000;
    private const long FullChunks = 10_000_000;
    private const int FullPoints = 100_000;

    private readonly BenchOptions _options;
    private readonly TimeProvider _clock;
    private readonly CommandRunner _runner;

    public MemoryTrials(BenchOptions options, TimeProvider clock)
    {
        _options = options;
        _clock = clock;
        _runner = new CommandRunner(clock);
    }

    /// <summary>The trials one after the other, each told as soon as it is over.</summary>
    public async Task RunAsync(Action<string> say, CancellationToken cancellationToken)
    {
        // On a disk: in shared memory, data and the index's pages would be memory themselves.
        string place = _options.Folder.Length > 0 ? _options.Folder : Path.GetTempPath();
        using WorkFolder work = WorkFolder.Create(place, (long)(FullFiles * 4096 * _options.Scale));
        say($"working in {work.Path}\n{MemoryTrial.Header}");
        foreach (Func<WorkFolder, CancellationToken, Task<MemoryTrial>> trial in (Func<WorkFolder, CancellationToken, Task<MemoryTrial>>[])[SparseFileAsync, LargeIndexAsync, ManyPointsAsync, ManyFilesAsync])
        {
            say((await trial(work, cancellationToken)).ToRow());
        }
    }

    private async Task<MemoryTrial> ManyFilesAsync(WorkFolder work, CancellationToken cancellationToken)
    {
        long files = (long)(FullFiles * _options.Scale);
        string data = work.New("files");
        TinyTree.Create(data, files / (double)TinyTree.FullFiles, cancellationToken);
        return await BackUpAsync($"agent backs up {files:#,0} files", work.New("many-files"), work.Path, data, $"{files:#,0} files of 100 bytes", null, cancellationToken);
    }

    private async Task<MemoryTrial> SparseFileAsync(WorkFolder work, CancellationToken cancellationToken)
    {
        long bytes = (long)(FullSparseBytes * _options.Scale);
        string data = work.New("sparse");
        SparseFile(Path.Combine(data, "sparse.img"), bytes);
        return await BackUpAsync(
            "agent backs up a sparse file", work.New("sparse-file"), work.Path, data, $"{bytes >> 30} GiB with {SparsePieces} pieces of 64 KiB", null, cancellationToken);
    }

    private async Task<MemoryTrial> LargeIndexAsync(WorkFolder work, CancellationToken cancellationToken)
    {
        long chunks = (long)(FullChunks * _options.Scale);
        string data = work.New("mixed");
        MixedTree.Create(data, 0.1, cancellationToken);
        return await BackUpAsync(
            "coordinator with a large index takes a backup", work.New("large-index"), work.Path, data, $"{chunks:#,0} chunks in the index, 116 MB backed up", chunks, cancellationToken);
    }

    private async Task<MemoryTrial> ManyPointsAsync(WorkFolder work, CancellationToken cancellationToken)
    {
        int points = (int)(FullPoints * _options.Scale);
        string data = work.New("few");
        MixedTree.Create(data, 0.01, cancellationToken);
        using MemoryLimit limit = MemoryLimit.Create("coordinator", CoordinatorLimit);
        await using OwnCluster cluster = new(_runner, _clock, work.New("many-points"))
        {
            CoordinatorLimit = limit,
            Retention = "{keepHourly: 48, keepDaily: 30, keepWeekly: 10, keepMonthly: 24, keepYearly: 10}",
            AfterInit = (store, key) => ManyPoints.AddAsync(store, key, OwnCluster.Plan, points, _clock, cancellationToken),
        };
        await cluster.StartAsync(work.Path, data, cancellationToken);
        Measured backup = await cluster.BackUpAsync(cancellationToken);
        Measured explained = await cluster.ExplainAsync(cancellationToken);
        return new MemoryTrial(
            "coordinator with many restore points takes a backup and explains retention",
            limit.Bytes,
            limit.PeakBytes,
            PeakMemory.Bytes(cluster.Coordinator!.Id),
            backup.WallSeconds + explained.WallSeconds,
            FormattableString.Invariant($"{points:#,0} restore points; {explained.WallSeconds:0.0} s of it to explain them"));
    }

    // With chunks, the coordinator is the one that is limited; otherwise the agent.
    private async Task<MemoryTrial> BackUpAsync(
        string name, string directory, string root, string data, string facts, long? chunks, CancellationToken cancellationToken)
    {
        using MemoryLimit limit = chunks is null ? MemoryLimit.Create("agent", AgentLimit) : MemoryLimit.Create("coordinator", CoordinatorLimit);
        await using OwnCluster cluster = new(_runner, _clock, directory)
        {
            AgentLimit = chunks is null ? limit : null,
            CoordinatorLimit = chunks is null ? null : limit,
            AfterInit = (store, key) => ManyChunks.AddAsync(store, key, chunks ?? 0, cancellationToken),
        };
        await cluster.StartAsync(root, data, cancellationToken);
        ChildProcess limited = (chunks is null ? cluster.Agent : cluster.Coordinator)!;
        try
        {
            Measured measured = await cluster.BackUpAsync(cancellationToken);
            return new MemoryTrial(name, limit.Bytes, limit.PeakBytes, PeakMemory.Bytes(limited.Id), measured.WallSeconds, facts);
        }
        catch (BenchFailedException e)
        {
            throw new BenchFailedException($"{name}: {(limited.HasExited ? "the process was killed, or ended" : "the process lives")}: {e.Message}\n{cluster.Output}");
        }
    }

    private static void SparseFile(string path, long bytes)
    {
        Random random = new(9);
        byte[] piece = new byte[64 << 10];
        using FileStream file = File.Create(path);
        file.SetLength(bytes);
        for (long i = 0; i < SparsePieces; i++)
        {
            random.NextBytes(piece);
            file.Position = bytes / SparsePieces * i;
            file.Write(piece);
        }
    }
}
