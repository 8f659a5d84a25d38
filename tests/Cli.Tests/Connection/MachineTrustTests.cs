using K8sBackup.TestKit;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Cli.Tests.Connection;

public sealed class MachineTrustTests
{
    [StraceFact]
    public async Task Command_ToTheCoordinator_DoesNotReadTheMachinesTrustStore()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync();
        using TemporaryDirectory directory = new();
        string store = Directory.CreateDirectory(Path.Combine(directory.Path, "machine")).FullName;
        string calls = Path.Combine(directory.Path, "calls");
        Dictionary<string, string?> environment = new() { ["SSL_CERT_DIR"] = store };

        ProcessResult result = await ChildProcess.RunAsync(
            "strace",
            ["-f", "-e", "trace=%file", "-o", calls, Path.Combine(AppContext.BaseDirectory, "k8sbackup"), "nodes", "--config", coordinator.ConfigFile],
            TimeSpan.FromMinutes(2),
            environment);

        Assert.True(result.ExitCode == 0, result.StandardError);
        string[] lines = await File.ReadAllLinesAsync(calls);
        Assert.Contains(lines, l => l.Contains(coordinator.ConfigFile, StringComparison.Ordinal));
        Assert.DoesNotContain(lines, l => l.Contains(store, StringComparison.Ordinal));
    }
}
