using K8sBackup.Bench.Accounting;

namespace K8sBackup.Bench.Results;

/// <summary>Samples of one operation by one tool, summed up.</summary>
internal sealed record Figures(double WallBest, double WallMedian, double CpuBest, double CpuMedian, double PeakMedian, double AddedMedian)
{
    public static Figures Of(IReadOnlyCollection<Sample> samples) => new(
        samples.Min(s => s.WallSeconds),
        Median(samples.Select(s => s.WallSeconds)),
        samples.Min(s => s.CpuSeconds),
        Median(samples.Select(s => s.CpuSeconds)),
        Median(samples.Select(s => (double)s.PeakBytes)),
        Median(samples.Select(s => (double)s.AddedBytes)));

    /// <summary>The middle value; between the two middle ones when their number is even.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
