using System.Globalization;
using K8sBackup.Bench.Accounting;
using K8sBackup.Bench.Tools;

namespace K8sBackup.Bench.Results;

/// <summary>The result as text: Markdown tables, so that they can go into a document as they are.</summary>
internal static class Report
{
    private const double Mega = 1e6;

    public static IEnumerable<string> Lines(BenchResult result)
    {
        Machine machine = result.Machine;
        yield return "";
        yield return Text($"{machine.Processor}, {machine.Cores} cores, {machine.MemoryBytes / Mega / 1e3:0} GB memory, kernel {machine.Kernel}, everything on {machine.FileSystem}");
        yield return $"{string.Join("; ", machine.Others)}; ours: {machine.Ours} on {machine.Runtime}";
        yield return Text($"scale {result.Scale}, {result.Rounds} rounds, load before the start {machine.LoadBefore}");
        foreach (DataFacts data in result.Data)
        {
            yield return Text($"{data.Name}: {data.Files} files and directories, {data.Bytes / Mega:0} MB");
        }

        yield return "";
        yield return "| data | operation | tool | wall s | of restic's | CPU s | of restic's | peak MB | added MB |";
        yield return "|---|---|---|---|---|---|---|---|---|";
        foreach (OperationResult operation in result.Operations)
        {
            foreach (string tool in ToolSet.Names)
            {
                yield return Row(operation, tool);
            }
        }

        yield return "";
        yield return "Wall and CPU: best / median; \"of restic's\" is the ratio of the best, below 1 is faster. Peak: median; ours is agent + coordinator. Added: to the repository, median.";
        yield return "";
        yield return "| data | operation | agent CPU s | coordinator CPU s | command CPU s | agent peak MB | coordinator peak MB | other CPU s during ours | other CPU s during restic |";
        yield return "|---|---|---|---|---|---|---|---|---|";
        foreach (OperationResult operation in result.Operations)
        {
            yield return SplitRow(operation);
        }

        yield return "";
        yield return "All medians. Other: CPU time of the machine that did not belong to the tool.";
    }

    private static string Row(OperationResult operation, string tool)
    {
        Figures restic = Figures.Of(operation.Samples[ResticTool.ToolName]);
        Figures figures = Figures.Of(operation.Samples[tool]);
        return Text($"| {operation.DataSet} | {operation.Operation} | {tool} ")
            + Text($"| {figures.WallBest:0.00} / {figures.WallMedian:0.00} | {figures.WallBest / restic.WallBest:0.00} ")
            + Text($"| {figures.CpuBest:0.00} / {figures.CpuMedian:0.00} | {figures.CpuBest / restic.CpuBest:0.00} ")
            + Text($"| {figures.PeakMedian / Mega:0} | {figures.AddedMedian / Mega:0.0} |");
    }

    private static string SplitRow(OperationResult operation)
    {
        List<Sample> ours = operation.Samples[OwnTool.ToolName];
        List<Sample> restic = operation.Samples[ResticTool.ToolName];
        string[] programs = ["agent", "coordinator", OwnTool.CommandLineProgram];
        IEnumerable<string> cpu = programs.Select(p => Text($"{Figures.Median(ours.Select(s => Use(s, p).CpuSeconds)):0.00}"));
        IEnumerable<string> peak = programs.Take(2).Select(p => Text($"{Figures.Median(ours.Select(s => Use(s, p).PeakBytes / Mega)):0}"));
        return $"| {operation.DataSet} | {operation.Operation} | {string.Join(" | ", cpu)} | {string.Join(" | ", peak)} "
            + Text($"| {Figures.Median(ours.Select(s => s.OtherCpuSeconds)):0.00} | {Figures.Median(restic.Select(s => s.OtherCpuSeconds)):0.00} |");
    }

    private static ProcessUse Use(Sample sample, string program) => sample.Processes.First(p => p.Program == program);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
