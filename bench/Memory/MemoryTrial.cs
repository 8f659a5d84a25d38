namespace K8sBackup.Bench.Memory;

/// <summary>What one trial under a limit of memory came to. A process that went over its limit was killed, and the trial failed.</summary>
/// <param name="Name">What was done.</param>
/// <param name="LimitBytes">The limit of the group.</param>
/// <param name="GroupPeakBytes">The most the group used, page cache included.</param>
/// <param name="ResidentPeakBytes">The largest resident set of the process, mapped files included.</param>
/// <param name="WallSeconds">Time from the start of the command to its end.</param>
/// <param name="Facts">What it was about, for people.</param>
internal sealed record MemoryTrial(string Name, long LimitBytes, long GroupPeakBytes, long ResidentPeakBytes, double WallSeconds, string Facts)
{
    public static string Header => "| trial | limit MiB | group peak MiB | resident peak MiB | wall s | data |\n|---|---|---|---|---|---|";

    public string ToRow() => FormattableString.Invariant(
        $"| {Name} | {LimitBytes >> 20} | {GroupPeakBytes >> 20} | {ResidentPeakBytes >> 20} | {WallSeconds:0.0} | {Facts} |");
}
