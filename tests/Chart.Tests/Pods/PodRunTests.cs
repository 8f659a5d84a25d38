using K8sBackup.Chart.Tests.Rendering;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Chart.Tests.Pods;

/// <summary>What the chart lets the programs do is enough, and it is really all they can do.</summary>
public sealed class PodRunTests
{
    // linux/capability.h, by number: CHOWN 0, DAC_OVERRIDE 1, DAC_READ_SEARCH 2, FOWNER 3, FSETID 4, LINUX_IMMUTABLE 9, MKNOD 27, SETFCAP 31.
    private const ulong ReadAndWrite = 0x1F | (1UL << 9) | (1UL << 27) | (1UL << 31);
    private const ulong Read = (1UL << 2) | (1UL << 3);

    [HelmFact]
    public async Task Pods_BackUpAndRestoreFilesOfEveryOwnerAndKind()
    {
        await using PodCluster pods = new(await RenderedChart.OfAsync("pods"));
        await pods.StartAsync("k8s-backup-agent-worker");
        Assert.Equal((0UL, "65532\t65532\t65532\t65532"), PodProcess.Credentials(pods.Coordinator!));
        Assert.Equal((ReadAndWrite, "0\t0\t0\t0"), PodProcess.Credentials(pods.Agent!));

        string before = await pods.DescribeAsync();
        await pods.CliAsync("plan", "run", "data", "--watch");
        await pods.EmptyVolumeAsync();
        await pods.CliAsync("restore", "files", "latest", "volume/data", "--devices", "--file-flags", "--watch");

        Assert.Equal(before, await pods.DescribeAsync());
        await pods.CliAsync("check", "--read-data=100");
    }

    [HelmTheory]
    [InlineData("FSETID", "set-group-id bit not set")]
    [InlineData("LINUX_IMMUTABLE", "flags not set: immutable: Operation not permitted")]
    [InlineData("MKNOD", "mknod: Operation not permitted")]
    public async Task ACapabilityLess_IsSaidByTheRestore(string capability, string reason)
    {
        await using PodCluster pods = new(await RenderedChart.OfAsync("pods")) { Without = capability };
        await pods.StartAsync("k8s-backup-agent-worker");

        await pods.CliAsync("plan", "run", "data", "--watch");
        await pods.EmptyVolumeAsync();
        ProcessResult restore = await pods.TryCliAsync("restore", "files", "latest", "volume/data", "--devices", "--file-flags", "--watch");

        Assert.Equal(6, restore.ExitCode);
        Assert.Contains(reason, restore.StandardOutput, StringComparison.Ordinal);
        await pods.CliAsync("check", "--read-data=100");
    }

    [HelmFact]
    public async Task PodsThatDoNotRestore_BackUpEverythingAndTouchNothing()
    {
        await using PodCluster pods = new(await RenderedChart.OfAsync("pods-reading"));
        await pods.StartAsync("k8s-backup-agent-worker");
        Assert.Equal(Read, PodProcess.Credentials(pods.Agent!).Capabilities);

        await pods.CliAsync("plan", "run", "data", "--watch");
        string before = await pods.DescribeAsync();
        ProcessResult restore = await pods.TryCliAsync("restore", "files", "latest", "volume/data", "--conflicts", "overwrite", "--watch");

        Assert.NotEqual(0, restore.ExitCode);
        Assert.Equal(before, await pods.DescribeAsync());
        await pods.CliAsync("check", "--read-data=100");
    }
}
