using System.Globalization;
using K8sBackup.Bench.Accounting;
using K8sBackup.Bench.Data;
using K8sBackup.Bench.Results;
using K8sBackup.Bench.Tools;

namespace K8sBackup.Bench;

/// <summary>
/// One run. For each data set and round: every tool gets an empty repository, then each operation is done by one after
/// the other, who is first changing from round to round. Whatever is restored is compared with the source.
/// </summary>
internal sealed class BenchRun
{
    // Time stamps as fresh as the scan are trusted by no careful tool; the data are let grow older than that.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(3);

    private readonly BenchOptions _options;
    private readonly TimeProvider _clock;
    private readonly CommandRunner _runner;

    public BenchRun(BenchOptions options, TimeProvider clock)
    {
        _options = options;
        _clock = clock;
        _runner = new CommandRunner(clock);
    }

    public async Task<BenchResult> RunAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<DataSet> sets = DataSets.Choose(_options.Only);
        using WorkFolder work = WorkFolder.Create(_options.Folder, (long)(sets.Max(s => s.FullBytes) * _options.Scale));
        Console.WriteLine($"working in {work.Path}");
        DateTimeOffset start = _clock.GetUtcNow();
        Machine machine = Machine.Read(
            work.Path,
            [await ResticTool.VersionAsync(_runner, cancellationToken), await BorgTool.VersionAsync(_runner, cancellationToken)],
            await OwnTool.VersionAsync(_runner, cancellationToken));
        List<DataFacts> facts = [];
        List<OperationResult> results = [];
        foreach (DataSet set in sets)
        {
            facts.Add(await RunSetAsync(set, work, results, cancellationToken));
        }

        return new BenchResult
        {
            StartedAt = start,
            Scale = _options.Scale,
            Rounds = _options.Rounds,
            Machine = machine,
            Data = facts,
            Operations = results,
        };
    }

    private async Task<DataFacts> RunSetAsync(DataSet set, WorkFolder work, List<OperationResult> results, CancellationToken cancellationToken)
    {
        Console.WriteLine($"{set.Name}: making the data");
        string data = work.New(set.Name);
        set.Create(data, _options.Scale, cancellationToken);
        TreeDigest digest = TreeDigest.Read(data, cancellationToken);
        await Task.Delay(Settling, _clock, cancellationToken);

        OperationResult[] operations = [.. set.Operations.Select(o => new OperationResult(
            set.Name, o.Name, ToolSet.Names.ToDictionary(n => n, _ => new List<Sample>())))];
        results.AddRange(operations);
        for (int round = 1; round <= _options.Rounds; round++)
        {
            await RunRoundAsync(set, operations, data, work, round, cancellationToken);
        }

        Directory.Delete(data, recursive: true);
        return new DataFacts(set.Name, set.Description, digest.Objects, digest.FileBytes);
    }

    private async Task RunRoundAsync(
        DataSet set, OperationResult[] operations, string data, WorkFolder work, int round, CancellationToken cancellationToken)
    {
        await using ToolSet tools = await ToolSet.CreateAsync(_runner, _clock, data, work, set.Name, cancellationToken);
        for (int i = 0; i < operations.Length; i++)
        {
            set.Operations[i].Change?.Invoke(data, round);
            foreach (IBackupTool tool in tools.InOrderOf(round))
            {
                Sample sample = await MeasureAsync(tool, set.Operations[i], data, work, round, cancellationToken);
                operations[i].Samples[tool.Name].Add(sample);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{set.Name}, round {round}, {set.Operations[i].Name}, {tool.Name}: {sample.WallSeconds:0.00} s, CPU {sample.CpuSeconds:0.00} s"));
            }
        }
    }

    private static async Task<Sample> MeasureAsync(
        IBackupTool tool, Operation operation, string data, WorkFolder work, int round, CancellationToken cancellationToken)
    {
        string target = work.New("restored");
        long bytes = Files.Bytes(tool.Repository);
        TimeSpan machine = MachineCpu.Used();
        Measured measured = operation.Kind == OperationKind.Restore
            ? await tool.RestoreAsync(target, cancellationToken)
            : await tool.BackUpAsync(operation.Kind == OperationKind.ForcedBackup, cancellationToken);
        double machineSeconds = (MachineCpu.Used() - machine).TotalSeconds;
        if (operation.Kind == OperationKind.Restore)
        {
            TreeDigest.Read(data, cancellationToken).RequireSame(TreeDigest.Read(target, cancellationToken), tool.Name);
        }

        Directory.Delete(target, recursive: true);
        long after = Files.Bytes(tool.Repository);
        return new Sample
        {
            Round = round,
            WallSeconds = measured.WallSeconds,
            Processes = measured.Processes,
            OtherCpuSeconds = Math.Max(0, machineSeconds - measured.Processes.Sum(p => p.CpuSeconds)),
            RepositoryBytes = after,
            AddedBytes = after - bytes,
        };
    }
}
