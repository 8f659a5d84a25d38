using K8sBackup.Cli.Connection;
using K8sBackup.Cli.Failures;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Cli.Tests.Connection;

public sealed class ClientConfigFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("k8sbackup-config-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("", "mapping")]
    [InlineData("- a", "mapping")]
    [InlineData("coordinator: https://a:1", "needs both")]
    [InlineData("coordinator: http://a:1\nidentity: x", "https")]
    [InlineData("coordinator: https://a:1/path\nidentity: x", "https")]
    [InlineData("coordinator: https://a:1\nidentity: x\npassword: y", "unknown setting 'password'")]
    [InlineData("coordinator: [1]\nidentity: x", "plain value")]
    [InlineData("coordinator: 'a", "line 1")]
    public void Load_Faulty_NamesFileAndFault(string text, string fault)
    {
        string path = Write(text);

        BackupException error = Assert.Throws<BackupException>(() => ClientConfigFile.Load(path));

        Assert.Equal(FailureCause.InvalidRequest, error.Failure.Cause);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(fault, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_OwnFormat_ResolvesTheIdentityBesideTheFile()
    {
        string path = Write(ClientConfigFile.Format(new Uri("https://10.0.0.5:7443"), "identity"));

        ClientConfig config = ClientConfigFile.Load(path);

        Assert.Equal(new Uri("https://10.0.0.5:7443"), config.Coordinator);
        Assert.Equal(Path.Combine(_directory, "identity"), config.IdentityDirectory);
    }

    [Fact]
    public async Task Run_AgentIdentity_IsRefusedBeforeConnecting()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync();
        coordinator.WriteIdentity(new PeerIdentity(FakeCoordinator.Cluster, Role.Worker, "w1"), TimeSpan.FromHours(1));

        CliRun run = await coordinator.RunAsync("status");

        Assert.Equal(ExitCodes.Denied, run.Code);
        Assert.Contains("not an operator's", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_IdentityMissing_SaysWhichFile()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync();
        Directory.Delete(Path.Combine(coordinator.Folder, "identity"), recursive: true);

        CliRun run = await coordinator.RunAsync("status");

        Assert.Equal(ExitCodes.Usage, run.Code);
        Assert.Contains("identity.pem", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_CoordinatorGone_IsUnavailable()
    {
        FakeCoordinator coordinator = await FakeCoordinator.StartAsync();
        await using (coordinator)
        {
            File.WriteAllText(coordinator.ConfigFile, ClientConfigFile.Format(new Uri("https://127.0.0.1:1"), "identity"));

            CliRun run = await coordinator.RunAsync("status");

            Assert.Equal(ExitCodes.Unavailable, run.Code);
        }
    }

    [Fact]
    public async Task Run_CoordinatorOfAnotherCluster_IsNotTalkedTo()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync();
        await using FakeCoordinator other = await FakeCoordinator.StartAsync();
        File.WriteAllText(coordinator.ConfigFile, ClientConfigFile.Format(other.Address, "identity"));

        CliRun run = await coordinator.RunAsync("status");

        Assert.Equal(ExitCodes.Unavailable, run.Code);
    }

    private string Write(string text)
    {
        string path = Path.Combine(_directory, "config.yaml");
        File.WriteAllText(path, text);
        return path;
    }
}
