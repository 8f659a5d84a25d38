using System.Text.RegularExpressions;
using K8sBackup.Agent.Hosting;
using K8sBackup.Chart.Tests.Rendering;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.TestKit;

namespace K8sBackup.Chart.Tests.Install;

/// <summary>The commented examples are read by the programs themselves, as they are and with everything in them turned on.</summary>
public sealed partial class ConfigurationExampleTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Agent_IsReadAndItsCommentsAreTheDefaults(bool everything)
    {
        AgentOptions options = ReadAgent(Example("agent.yaml", everything));
        AgentOptions standard = ReadAgent(Write("least.yaml", "coordinators: [https://backup.example:7443]"));

        Assert.Equal("/etc/k8sbackup/join.token", options.JoinTokenFile);
        Assert.Equal(
            (standard.StateDirectory, standard.HostRoot, standard.SpoolDirectory, standard.SpoolBytesMax, standard.DrillDirectory, standard.LogLevel),
            (options.StateDirectory, options.HostRoot, options.SpoolDirectory, options.SpoolBytesMax, options.DrillDirectory, options.LogLevel));
        Assert.Equal(standard.VolumeRoots, options.VolumeRoots);
        Assert.Equal(standard.ReadHungAfter, options.ReadHungAfter);
        Assert.Equal(everything ? ["/srv/restored"] : [], options.RestoreRoots);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Coordinator_IsReadAndItsCommentsAreTheDefaults(bool everything)
    {
        CoordinatorOptions options = OptionsFile.Read(Example("coordinator.yaml", everything));

        Assert.Equal(("prod", "/var/lib/k8sbackup", "/srv/backup"), (options.Cluster, options.State, options.Store.LocalPath));
        Assert.Equal(
            (new LimitOptions(), new CheckSchedule(), new Coordinator.Drills.DrillSettings()),
            (options.Limits, options.Checks, options.Drills));
        Assert.Equal(new Coordinator.Retention.PruneSettings().Options, options.Prune.Options);
    }

    [Fact]
    public void Agent_WithASettingThatIsNotThere_IsRefused() =>
        Assert.ThrowsAny<Exception>(() => ReadAgent(Write("wrong.yaml", "coordinators: [https://a:1]\ncolour: blue")));

    private string Example(string name, bool everything)
    {
        string text = File.ReadAllText(RepositoryTree.PathOf($"eng/install/systemd/{name}"));
        return Write(name, everything ? Setting().Replace(text, "$1") : text);
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_directory.Path, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static AgentOptions ReadAgent(string path)
    {
        List<string> faults = [];
        OptionValues values = OptionFile.Read(path, faults);
        AgentOptions? options = new OptionCheck(faults).Check(values, "cp-1");
        return options ?? throw new InvalidDataException(string.Join('\n', faults));
    }

    [GeneratedRegex("^# ([a-zA-Z]+: .*)$", RegexOptions.Multiline)]
    private static partial Regex Setting();
}
