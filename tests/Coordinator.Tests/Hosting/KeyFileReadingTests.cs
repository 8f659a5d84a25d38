using K8sBackup.Coordinator.Hosting;
using K8sBackup.Repository.Keys;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Processes;
using K8sBackup.TestKit.Time;
using Microsoft.Extensions.DependencyInjection;

namespace K8sBackup.Coordinator.Tests.Hosting;

/// <summary>A key, or a store, that is brought from elsewhere, and comes late or not at all; every start ends, and a later one goes on.</summary>
public sealed class KeyFileReadingTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTimeProvider _clock = new();

    private string Path => System.IO.Path.Combine(_directory.Path, "mounted", "repository.key");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Read_FileMountedLate_SaysSoAndIsReadByTheNextStart()
    {
        StartLaterException missing = await Assert.ThrowsAsync<StartLaterException>(ReadAsync);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        StartLaterException empty = await Assert.ThrowsAsync<StartLaterException>(ReadAsync);
        Assert.All([missing, empty], e => Assert.Contains(Path, e.Message, StringComparison.Ordinal));

        using KeyFile written = KeyFile.Generate();
        written.WriteNew(Path);
        using KeyFile read = await ReadAsync();
        Assert.Equal(written.Export(), read.Export());
    }

    [Fact]
    public async Task Read_PipeNobodyWritesTo_IsGivenUpInTime()
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        await ChildProcess.RunAsync("mkfifo", [Path], TimeSpan.FromMinutes(1));
        Task<KeyFile> hanging = ReadAsync();

        await _clock.AdvanceUntilAsync(() => hanging.IsCompleted, TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1));

        StartLaterException error = await Assert.ThrowsAsync<StartLaterException>(() => hanging);
        Assert.Contains($"{Path} could not be read within 30 s", error.Message, StringComparison.Ordinal);

        // Lets the thread go.
        await File.WriteAllTextAsync(Path, "");
    }

    [Fact]
    public async Task Read_PipeSomebodyWritesTo_IsAKey()
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        await ChildProcess.RunAsync("mkfifo", [Path], TimeSpan.FromMinutes(1));
        using KeyFile key = KeyFile.Generate();
        Task<KeyFile> reading = ReadAsync();
        await File.WriteAllTextAsync(Path, key.Export());
        using KeyFile read = await reading;
        Assert.Equal(key.Export(), read.Export());
    }

    [Fact]
    public async Task Read_FileWithoutAnEnd_IsNoKey()
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        File.CreateSymbolicLink(Path, "/dev/zero");

        KeyException error = await Assert.ThrowsAsync<KeyException>(ReadAsync);

        Assert.Contains($"{Path} is longer than any key file", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(typeof(StartLaterException), CoordinatorCommand.Failed)]
    [InlineData(typeof(OptionsException), CoordinatorCommand.BadConfiguration)]
    public async Task Command_ThatMayStartLater_EndsWithACodeThatServicesRestartOn(Type kind, int expected)
    {
        string config = System.IO.Path.Combine(_directory.Path, "coordinator.yaml");
        await File.WriteAllTextAsync(config, $$"""
            {cluster: prod, listen: "127.0.0.1:0", hosts: [localhost], state: ., plans: plans, store: {local: {{_directory.Path}}}, keyFile: none.key}
            """);

        int code = await CoordinatorCommand.Create((options, token) => kind == typeof(OptionsException)
            ? throw new OptionsException(["wrong"])
            : new ServiceCollection().AddRepositoryAsync(options, token)).Parse(["--config", config]).InvokeAsync();

        Assert.Equal(expected, code);
        string unit = await File.ReadAllTextAsync(RepositoryFile("eng/install/systemd/k8sbackup-coordinator.service"));
        Assert.Contains($"\nRestartPreventExitStatus={CoordinatorCommand.BadConfiguration}\n", unit, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Store_MountedLate_IsFoundByTheNextStartAndACodeServicesRestartOnIsGivenUntilThen()
    {
        string store = System.IO.Path.Combine(_directory.Path, "disk", "store");
        Task<StartLaterException> StartAsync() => Assert.ThrowsAsync<StartLaterException>(() => new ServiceCollection().AddRepositoryAsync(
            OptionsFile.Read(System.IO.Path.Combine(_directory.Path, "coordinator.yaml")), CancellationToken.None));
        await File.WriteAllTextAsync(System.IO.Path.Combine(_directory.Path, "coordinator.yaml"), $$"""
            {cluster: prod, listen: "127.0.0.1:0", hosts: [localhost], state: ., plans: plans, store: {local: {{store}}}, keyFile: repository.key}
            """);

        Assert.Equal(
            $"There is no store in {store}. 'k8sbackup init' makes one; if there is one, the path is wrong, or what holds it is not mounted yet.", (await StartAsync()).Message);
        Assert.False(Directory.Exists(store));

        // The place it is mounted at.
        Directory.CreateDirectory(store);
        using KeyFile key = KeyFile.Generate();
        key.WriteNew(System.IO.Path.Combine(_directory.Path, "repository.key"));
        Assert.StartsWith($"The directory {store} is empty", (await StartAsync()).Message, StringComparison.Ordinal);
    }

    private static string RepositoryFile(string path)
    {
        DirectoryInfo folder = new(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Combine(folder.FullName, "K8sBackupAgent.sln")))
        {
            folder = folder.Parent!;
        }

        return System.IO.Path.Combine(folder.FullName, path);
    }

    private Task<KeyFile> ReadAsync() => KeyFileReading.ReadAsync(Path, _clock, CancellationToken.None);
}
