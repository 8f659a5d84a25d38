using K8sBackup.Agent.Hosting;
using K8sBackup.TestKit;
using K8sBackup.Transport.Identity;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Agent.Tests.Hosting;

public sealed class OptionTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Check_FullFile_GivesEveryOption()
    {
        AgentOptions options = Good("""
            coordinators: [https://a:8443, https://b:8443]
            node: cp-1
            joinTokenFile: /etc/token
            stateDir: /state
            hostRoot: /host
            volumeRoots: [/data, /var/lib/kubelet/pods]
            restoreRoots: [/restore]
            restoreIntoVolumes: false
            spool: { dir: /spool, maxBytes: 2GiB }
            reading: { bytesPerSecond: 50MiB, hungAfterSeconds: 30 }
            labels: { zone: a, rack: "7" }
            logLevel: debug
            """);

        Assert.Equal(["https://a:8443/", "https://b:8443/"], options.Coordinators.Select(uri => uri.ToString()));
        Assert.Equal(("cp-1", "/etc/token", "/state", "/host"), (options.Node, options.JoinTokenFile, options.StateDirectory, options.HostRoot));
        Assert.Equal(["/data", "/var/lib/kubelet/pods"], options.VolumeRoots);
        Assert.Equal(["/restore"], options.RestoreRoots);
        Assert.False(options.RestoreIntoVolumes);
        Assert.Equal(("/spool", 2L << 30), (options.SpoolDirectory, options.SpoolBytesMax));
        Assert.Equal((50L << 20, TimeSpan.FromSeconds(30)), (options.ReadBytesPerSecond, options.ReadHungAfter));
        Assert.Equal("7", options.Labels["rack"]);
        Assert.Equal(LogLevel.Debug, options.LogLevel);
    }

    [Fact]
    public void Check_AccountToken_GoesWithItsAuthorityAndWithoutJoinToken()
    {
        AgentOptions options = Good("coordinators: https://a:8443\nserviceAccountTokenFile: /run/token\nauthorityFile: /run/ca.crt");
        Assert.Equal(("/run/token", "/run/ca.crt"), (options.ServiceAccountTokenFile, options.AuthorityFile));
    }

    [Theory]
    [InlineData("control-plane", Role.ControlPlane)]
    [InlineData("worker", Role.Worker)]
    public void Check_Role_IsOneOfAnAgent(string text, Role role) => Assert.Equal(role, Good($"coordinators: https://a:8443\nrole: {text}").Role);

    [Theory]
    [InlineData("operator")]
    [InlineData("master")]
    public void Check_OtherRole_IsAFault(string text) => Assert.StartsWith("role:", Faults($"coordinators: https://a:8443\nrole: {text}").Single(), StringComparison.Ordinal);

    [Fact]
    public void Check_Minimum_HasDefaults()
    {
        AgentOptions options = Good("coordinators: https://a:8443");

        Assert.Equal("my-host", options.Node);
        Assert.Equal("/", options.HostRoot);
        Assert.True(options.RestoreIntoVolumes);
        Assert.Equal([AgentOptions.DefaultVolumeRoot], options.VolumeRoots);
        Assert.Equal("/var/lib/k8sbackup-agent/spool", options.SpoolDirectory);
    }

    [Fact]
    public void Check_ManyFaults_ReportsAllAtOnceWithLines()
    {
        List<string> faults = Faults("""
            coordinators: [http://a:8443]
            node: Not_A_Name!
            colour: blue
            hostRoot: relative
            spool: { maxBytes: much }
            labels: [a]
            logLevel: loud
            """);

        Assert.Equal(7, faults.Count);
        Assert.Contains(faults, fault => fault.Contains(":3: 'colour'", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains(":6: 'labels'", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("http://a:8443", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.StartsWith("hostRoot", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("coordinators: [")]
    [InlineData("- a\n- b")]
    [InlineData("just text")]
    public void Read_NoMapping_NamesFileAndLine(string text)
    {
        List<string> faults = Faults(text);

        Assert.Contains(faults, fault => fault.StartsWith(Path.Combine(_directory.Path, "agent.yaml") + ":", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/a/../b")]
    [InlineData("b")]
    public void Check_VolumeRootWithTricks_IsRefused(string root)
    {
        Assert.Contains(Faults($"coordinators: https://a:1\nvolumeRoots: ['{root}']"), fault => fault.StartsWith("volumeRoots", StringComparison.Ordinal));
    }

    [Fact]
    public void Over_BothGiven_TakesTheFirst()
    {
        OptionValues merged = new OptionValues { Node = "line" }.Over(new OptionValues { Node = "file", StateDirectory = "/s" });

        Assert.Equal(("line", "/s"), (merged.Node, merged.StateDirectory));
    }

    private AgentOptions Good(string yaml)
    {
        (AgentOptions? options, List<string> faults) = Read(yaml);
        Assert.Empty(faults);
        return options!;
    }

    private List<string> Faults(string yaml)
    {
        (AgentOptions? options, List<string> faults) = Read(yaml);
        Assert.Null(options);
        return faults;
    }

    private (AgentOptions? Options, List<string> Faults) Read(string yaml)
    {
        string path = Path.Combine(_directory.Path, "agent.yaml");
        File.WriteAllText(path, yaml);
        List<string> faults = [];
        return (new OptionCheck(faults).Check(OptionFile.Read(path, faults), "My-Host"), faults);
    }
}
