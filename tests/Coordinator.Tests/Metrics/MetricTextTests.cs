using K8sBackup.Coordinator.Metrics;

namespace K8sBackup.Coordinator.Tests.Metrics;

public sealed class MetricTextTests
{
    [Fact]
    public void Format_OneOfEachKind_IsTheTextOfTheFormat() => Assert.Equal(
        """
        # HELP bytes_total What was read.
        # TYPE bytes_total counter
        bytes_total{kind="etcd"} 3
        bytes_total{kind="volume",plan="nightly"} 1234567890123
        # HELP ready Whether it is.
        # TYPE ready gauge
        ready 0.5

        """,
        MetricText.Format(
        [
            Metric.Counter("bytes_total", "What was read.", new MetricSample(3, ("kind", "etcd")), new MetricSample(1234567890123, ("kind", "volume"), ("plan", "nightly"))),
            Metric.Gauge("nothing", "Without values."),
            Metric.Gauge("ready", "Whether it is.", new MetricSample(0.5)),
        ]));

    [Theory]
    [InlineData("plain")]
    [InlineData("")]
    [InlineData("a \"quoted\" word")]
    [InlineData("back\\slash at the end\\")]
    [InlineData("two\nlines")]
    [InlineData("\\n is no line, }{, = and # are nothing special")]
    [InlineData("Größe ☃")]
    public void Format_AnyLabelAndHelp_ReadBack(string text)
    {
        Exposition page = Exposition.Parse(MetricText.Format([Metric.Gauge("m", text + ".", new MetricSample(1, ("a", text), ("b", "x")))]));

        Assert.Equal(1, page[$"m{{a=\"{text}\",b=\"x\"}}"]);
        Assert.Equal(("gauge", text + "."), page.Metrics["m"]);
    }

    [Theory]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(double.NaN)]
    [InlineData(1e300)]
    [InlineData(-0.1)]
    public void Format_AnyNumber_ReadsBack(double value) =>
        Assert.Equal(value, Exposition.Parse(MetricText.Format([Metric.Gauge("m", "Help.", new MetricSample(value))]))["m"]);
}
