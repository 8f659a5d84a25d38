using System.Globalization;
using System.Text;

namespace K8sBackup.Coordinator.Metrics;

/// <summary>The text format of Prometheus, version 0.0.4.</summary>
public static class MetricText
{
    /// <summary>What the text is called in an HTTP header.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>The metrics as text. One without values is left out.</summary>
    public static string Format(IEnumerable<Metric> metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        StringBuilder text = new();
        foreach (Metric metric in metrics.Where(m => m.Samples.Count > 0))
        {
            string kind = metric.Kind == MetricKind.Counter ? "counter" : "gauge";
            text.Append("# HELP ").Append(metric.Name).Append(' ').Append(Escaped(metric.Help, quote: false)).Append('\n');
            text.Append("# TYPE ").Append(metric.Name).Append(' ').Append(kind).Append('\n');
            foreach (MetricSample sample in metric.Samples)
            {
                text.Append(metric.Name).Append(Labels(sample)).Append(' ').Append(Number(sample.Value)).Append('\n');
            }
        }

        return text.ToString();
    }

    private static string Labels(MetricSample sample) => sample.Labels.Count == 0
        ? ""
        : $"{{{string.Join(',', sample.Labels.Select(label => $"{label.Name}=\"{Escaped(label.Value, quote: true)}\""))}}}";

    private static string Escaped(string text, bool quote)
    {
        string escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return quote ? escaped.Replace("\"", "\\\"", StringComparison.Ordinal) : escaped;
    }

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };
}
