using System.Globalization;
using System.Text.RegularExpressions;
using K8sBackup.Chart.Tests.Rendering;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Chart.Tests.Install;

public sealed partial class SystemdTests : IDisposable
{
    private const string Analyzer = "/usr/bin/systemd-analyze";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<string> Units => ["k8sbackup-coordinator.service", "k8sbackup-agent.service"];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Units))]
    public async Task Units_AreAcceptedBySystemd(string unit)
    {
        string text = Text(unit);
        Assert.All(text.Split('\n'), line => Assert.Matches(@"^(|#.*|\[(Unit|Service|Install)\]|[A-Z][A-Za-z]+=.*)$", line));
        if (!File.Exists(Analyzer))
        {
            return;
        }

        // The program need not be installed here.
        string path = Path.Combine(_directory.Path, unit);
        await File.WriteAllTextAsync(path, Program().Replace(text, "ExecStart=/bin/true").Replace("=k8sbackup\n", "=daemon\n", StringComparison.Ordinal));
        ProcessResult result = await ChildProcess.RunAsync(Analyzer, ["verify", "--man=no", path], Patience);
        Assert.True(result.ExitCode == 0 && result.StandardError.Length == 0, result.StandardError);
    }

    // Of 10; the agent's is what reading and restoring every file of a node leaves.
    [Theory]
    [InlineData("k8sbackup-coordinator.service", 2.0)]
    [InlineData("k8sbackup-agent.service", 5.0)]
    public async Task Units_AreExposedNoMoreThanTheyMust(string unit, double most)
    {
        Assert.Contains("NoNewPrivileges=yes", Text(unit), StringComparison.Ordinal);
        Assert.Contains("SystemCallFilter=@system-service", Text(unit), StringComparison.Ordinal);
        if (!File.Exists(Analyzer))
        {
            return;
        }

        ProcessResult result = await ChildProcess.RunAsync(
            Analyzer, ["security", "--offline=true", "--no-pager", RepositoryTree.PathOf($"eng/install/systemd/{unit}")], Patience);
        Match level = Exposure().Match(result.StandardOutput);
        Assert.True(level.Success, result.StandardOutput + result.StandardError);
        Assert.InRange(double.Parse(level.Groups[1].Value, CultureInfo.InvariantCulture), 0, most);
    }

    [HelmFact]
    public async Task TheAgentsCapabilities_AreThoseOfItsPod()
    {
        KubeObject pod = (await RenderedChart.OfAsync("control-plane")).Agents.Single();
        IEnumerable<string> unit = Capabilities().Matches(Text("k8sbackup-agent.service")).SelectMany(match => match.Groups[1].Value.Split(' '));

        Assert.Equal(pod.Containers.Single().Texts("securityContext/capabilities/add").Select(each => "CAP_" + each), unit);
    }

    private static string Text(string unit) => File.ReadAllText(RepositoryTree.PathOf($"eng/install/systemd/{unit}"));

    [GeneratedRegex("^ExecStart=.*$", RegexOptions.Multiline)]
    private static partial Regex Program();

    [GeneratedRegex(@"Overall exposure level for \S+: ([\d.]+)")]
    private static partial Regex Exposure();

    [GeneratedRegex("^CapabilityBoundingSet=(.+)$", RegexOptions.Multiline)]
    private static partial Regex Capabilities();
}
