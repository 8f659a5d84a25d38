using System.Globalization;
using System.Text.RegularExpressions;
using K8sBackup.ObjectStore.Local;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Snapshots;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Processes;
using K8sBackup.TestKit.Repositories;
using Xunit.Abstractions;

namespace K8sBackup.Simulation.Tests;

/// <summary>
/// A process that backs up to a directory and prunes it is killed in the system calls that change something there, one run for each: nothing earlier is
/// lost, what is listed is whole, and the next one goes on. All of them with K8SBACKUP_EVERY_SYSTEM_CALL=1, some otherwise.
/// </summary>
public sealed partial class SystemCallTests(ITestOutputHelper output) : IDisposable
{
    private const string Mutating = "pwrite64,pwritev,fsync,fdatasync,link,linkat,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,fchmod,ftruncate,fallocate";
    private const int Interrupted = 4;
    private const int KillsMax = 16;
    private const int FailuresMax = 5;

    private static readonly ParallelOptions s_parallel = new() { MaxDegreeOfParallelism = 2 };
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly TemporaryDirectory _directory = new();

    private string Prepared => Path.Combine(_directory.Path, "prepared");

    private string KeyFilePath => Path.Combine(_directory.Path, "key");

    public void Dispose() => _directory.Dispose();

    [StraceFact]
    public async Task KilledInACall_NothingEarlierIsLostAndTheNextGoesOn()
    {
        using TestRepository repository = await PrepareAsync();
        IReadOnlyList<(string Call, int Nth, string What)> calls = await CallsAsync(Copy("counted"));
        Assert.Superset(new HashSet<string> { "pwrite64", "fsync", "link", "unlink", "rename" }, calls.Select(c => c.Call).ToHashSet());
        int runs = 0;
        int kills = 0;
        await Parallel.ForEachAsync(Some(calls, KillsMax), s_parallel, async (call, _) =>
        {
            string store = Copy($"{call.Call}-{call.Nth}");
            ProcessResult result = await RunAsync(store, $"inject={call.Call}:signal=KILL:when={call.Nth}", "/dev/null");
            Interlocked.Increment(ref runs);
            Interlocked.Add(ref kills, result.ExitCode == 0 ? 0 : 1);
            await AssertAllIsThereAsync(repository, LocalObjectStore.Open(store), $"a kill in {call.Call} {call.Nth}");
            Directory.Delete(store, recursive: true);
        });

        // Not always all of them: a thread that the runtime replaces takes its count with it.
        output.WriteLine($"{kills} kills in {runs} of {calls.Count} system calls.");
        Assert.True(kills * 2 > runs, $"{kills} kills in {runs} runs");
    }

    // Only one fsync fails: whoever asks a second time is told that all is well, and the data is gone all the same.
    [StraceFact]
    public async Task DiskFailsOnce_NoBackupIsClaimed_AndTheNextGoesOn()
    {
        using TestRepository repository = await PrepareAsync();
        (string Call, int Nth, string What)[] syncs = [.. (await CallsAsync(Copy("counted"))).Where(c => c.Call == "fsync")];
        int last = Array.FindLastIndex(syncs, s => s.What.EndsWith("/restore-points>", StringComparison.Ordinal));
        int committed = Array.FindIndex(syncs, s => s.What.EndsWith("/restore-points>", StringComparison.Ordinal));
        Assert.InRange(committed, 5, last);
        await Parallel.ForEachAsync(Some(syncs[..(committed + 1)].Reverse().ToArray(), FailuresMax), s_parallel, async (sync, _) =>
        {
            string store = Copy($"failed-{sync.Nth}");
            ProcessResult result = await RunAsync(store, $"inject=fsync:error=EIO:when={sync.Nth}", "/dev/null");
            Assert.True(result.ExitCode == 1, $"fsync {sync.Nth} of {sync.What}: exit code {result.ExitCode}");
            Assert.Contains("the disk did not keep it", result.StandardError, StringComparison.Ordinal);
            Assert.DoesNotContain(Interrupted, await RestoreAllAsync(repository, LocalObjectStore.Open(store)));
            await AssertAllIsThereAsync(repository, LocalObjectStore.Open(store), $"fsync {sync.Nth} of {sync.What} failed");
        });
    }

    private async Task<TestRepository> PrepareAsync()
    {
        TestRepository repository = await TestRepository.CreateAsync(LocalObjectStore.Open(Prepared));
        repository.KeyFile.WriteNew(KeyFilePath);
        foreach (int seed in (int[])[1, 2, 3])
        {
            await BackUpAndPruneAsync(repository, LocalObjectStore.Open(Prepared), seed);
        }

        return repository;
    }

    private static IEnumerable<T> Some<T>(IReadOnlyList<T> all, int max)
    {
        int step = Environment.GetEnvironmentVariable("K8SBACKUP_EVERY_SYSTEM_CALL") == "1" ? 1 : Math.Max(1, all.Count / max);
        return all.Where((_, i) => i % step == 0);
    }

    // The one before, and the interrupted one if it is listed; then the next backup and prune, and all of it again.
    private static async Task AssertAllIsThereAsync(TestRepository repository, LocalObjectStore store, string what)
    {
        try
        {
            Assert.Contains(3, await RestoreAllAsync(repository, store));
            await RepositoryCheck.AssertSoundAsync(store, repository.Keys);
            await BackUpAndPruneAsync(repository, store, Interrupted + 1);
            Assert.Contains(Interrupted + 1, await RestoreAllAsync(repository, store));
            await RepositoryCheck.AssertSoundAsync(store, repository.Keys);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"after {what}: {e.Message}", e);
        }
    }

    private static async Task<IReadOnlyList<int>> RestoreAllAsync(TestRepository repository, LocalObjectStore store)
    {
        using OpenRepository open = await OpenRepository.OpenAsync(store, repository.Keys, default);
        List<int> seeds = [];
        await foreach (RestorePointEntry point in open.Catalog.RestorePointsAsync(default))
        {
            int seed = int.Parse(point.Manifest!.Sources[0].Source.Name, CultureInfo.InvariantCulture);
            await TestBackup.AssertRestoresAsync(
                open, (await open.Catalog.GetSnapshotAsync(point.Manifest.Sources[0].Snapshot!.Value, default))!, TestBackup.Files(seed));
            seeds.Add(seed);
        }

        return seeds;
    }

    private static async Task BackUpAndPruneAsync(TestRepository repository, LocalObjectStore store, int seed)
    {
        await using RepositoryWriter writer = await repository.OpenWriterAsync(store);
        await BackupAndPrune.RunAsync(writer, seed, TimeProvider.System);
    }

    // Each call of the thread that makes the most of its kind, in the order they were made.
    private async Task<IReadOnlyList<(string Call, int Nth, string What)>> CallsAsync(string store)
    {
        string log = Path.Combine(_directory.Path, "calls");
        ProcessResult result = await RunAsync(store, $"trace={Mutating}", log);
        Assert.True(result.ExitCode == 0, result.StandardError);
        Dictionary<(string Thread, string Call), int> counts = [];
        Dictionary<string, string> busiest = [];
        List<(string Thread, string Call, int Nth, string What)> made = [];
        foreach (Match line in (await File.ReadAllLinesAsync(log)).Select(l => CallLine().Match(l)).Where(m => m.Success))
        {
            (string Thread, string Call) key = (line.Groups["thread"].Value, line.Groups["call"].Value);
            counts[key] = counts.GetValueOrDefault(key) + 1;
            made.Add((key.Thread, key.Call, counts[key], line.Groups["what"].Value));
        }

        foreach (((string thread, string call), int count) in counts.OrderBy(c => c.Value))
        {
            busiest[call] = thread;
        }

        return [.. made.Where(m => busiest[m.Call] == m.Thread).Select(m => (m.Call, m.Nth, m.What))];
    }

    private Task<ProcessResult> RunAsync(string store, string expression, string log) => ChildProcess.RunAsync(
        "strace",
        [
            "-f", "-y", "-qq", "-o", log, "-E", "DOTNET_EnableDiagnostics=0", "-e", $"trace={Mutating}", "-e", expression,
            "dotnet", Simulator.Program, "local-backup", store, KeyFilePath, Interrupted.ToString(CultureInfo.InvariantCulture),
        ],
        s_patience);

    private string Copy(string name)
    {
        string to = Path.Combine(_directory.Path, name);
        foreach (string file in Directory.GetFiles(Prepared, "*", SearchOption.AllDirectories))
        {
            string copied = Path.Combine(to, Path.GetRelativePath(Prepared, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copied)!);
            File.Copy(file, copied);
        }

        return to;
    }

    [GeneratedRegex("^(?<thread>[0-9]+) +(?<call>[a-z0-9]+)\\((?<what>[^,)]*)")]
    private static partial Regex CallLine();
}
