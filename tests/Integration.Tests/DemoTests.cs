using K8sBackup.TestKit.Processes;

namespace K8sBackup.Integration.Tests;

/// <summary>
/// The demo as a newcomer runs it, in a temporary directory of its own: whatever is left there, or still runs or is
/// mounted from there, was left behind.
/// </summary>
public sealed class DemoTests : IDisposable
{
    private const int Interrupted = 130;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly string _folder = Directory.CreateTempSubdirectory("k8sbackup-demotest-").FullName;
    private readonly string[] _namespaces = Namespaces();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Demo_Undisturbed_EndsWithOkAndLeavesNothing()
    {
        using ChildProcess demo = Start();

        int code = await demo.WaitForExitAsync(Patience);

        Assert.True(code == 0, demo.Output);
        Assert.Equal("demo: OK", demo.Lines[^1]);
        AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(false, "make a volume")]
    [InlineData(true, "enrol and start both agents")]
    [InlineData(false, "back up")]
    [InlineData(true, "k8sbackup restore etcd")]
    public async Task Demo_StoppedInTheMiddle_LeavesNothing(bool bySigterm, string step)
    {
        using ChildProcess demo = Start();
        await demo.WaitForLineAsync(line => line.StartsWith("== " + step, StringComparison.Ordinal), Patience);

        if (bySigterm)
        {
            demo.Terminate();
        }
        else
        {
            demo.Interrupt();
        }

        Assert.True(await demo.WaitForExitAsync(Patience) == Interrupted, demo.Output);
        Assert.Contains("demo: interrupted", demo.Lines);
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task Demo_UnknownOption_SaysHowToCallIt()
    {
        ProcessResult result = await ChildProcess.RunAsync(Program(), ["--fast"], Patience);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("usage: demo [--keep]", result.StandardError, StringComparison.Ordinal);
    }

    // A shell that runs the tests in the background has made them, and so all they start, ignore SIGINT.
    private ChildProcess Start() => ChildProcess.Start(
        "/usr/bin/env", ["--default-signal=INT", Program()], new Dictionary<string, string?> { ["TMPDIR"] = _folder, ["DOTNET_EnableDiagnostics"] = "0" });

    private void AssertNothingIsLeft()
    {
        Assert.Empty(ProcessesOf(_folder));
        Assert.DoesNotContain(File.ReadAllLines("/proc/self/mountinfo"), line => line.Contains(_folder, StringComparison.Ordinal));
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
        Assert.Equal(_namespaces, Namespaces());
    }

    // Every process of the demo is started with a path below its directory.
    private static string[] ProcessesOf(string folder) =>
        [.. Directory.GetDirectories("/proc").Select(CommandLine).Where(line => line.Contains(folder, StringComparison.Ordinal))];

    private static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline")).Replace('\0', ' ');
        }
        catch (IOException)
        {
            return "";
        }
    }

    // Other tests that run meanwhile have theirs (NodeNetwork).
    private static string[] Namespaces() =>
        Directory.Exists("/run/netns") ? [.. Directory.GetFiles("/run/netns").Where(path => !path.Contains("/kbt", StringComparison.Ordinal)).Order(StringComparer.Ordinal)] : [];

    private static string Program()
    {
        DirectoryInfo output = new(AppContext.BaseDirectory);
        return Path.Combine(output.Parent!.Parent!.FullName, "K8sBackup.Demo", output.Name, "K8sBackup.Demo");
    }
}
