using K8sBackup.Cli.Failures;

namespace K8sBackup.Cli.Tests.Commands;

/// <summary>Commands on a store with the wrong key or wrong arguments: told apart by the exit code, and nothing is changed.</summary>
public sealed class StoreRefusalTests : IClassFixture<StoreRefusalTests.Fixture>
{
    private readonly Fixture _fixture;

    public StoreRefusalTests(Fixture fixture) => _fixture = fixture;

    [Theory]
    [InlineData(ExitCodes.Denied, "repair", "index", "--execute")]
    [InlineData(ExitCodes.Denied, "repair", "snapshots", "--execute", "--remove-damaged")]
    [InlineData(ExitCodes.Denied, "repair", "config", "--execute")]
    [InlineData(ExitCodes.Denied, "copy", "--to", "COPY")]
    [InlineData(ExitCodes.Denied, "key", "test")]
    [InlineData(ExitCodes.Denied, "key", "rotate", "SLOT", "--new-key-file", "NEW")]
    [InlineData(ExitCodes.Denied, "key", "rotate-data")]
    [InlineData(ExitCodes.Denied, "key", "add", "--new-key-file", "NEW")]
    public async Task WrongKey_ChangesNothing(int code, params string[] command)
    {
        IReadOnlyDictionary<string, string> before = _fixture.World.Objects();

        CliRun run = await StoreWorld.RunAsync(
            [.. command.Select(a => a is "COPY" or "NEW" ? Path.Combine(_fixture.World.Folder, a) : a), "--store", _fixture.World.Store, "--key-file", _fixture.World.WrongKeyFile]);

        Assert.True(run.Code == code, run.Error);
        Assert.Equal(before, _fixture.World.Objects());
        Assert.False(File.Exists(Path.Combine(_fixture.World.Folder, "NEW")));
        Assert.False(Directory.Exists(Path.Combine(_fixture.World.Folder, "COPY", "packs")));
    }

    [Theory]
    [InlineData(ExitCodes.Usage, "repair")]
    [InlineData(ExitCodes.Usage, "repair", "packs")]
    [InlineData(ExitCodes.Usage, "repair", "index", "--read-data")]
    [InlineData(ExitCodes.Usage, "repair", "index", "--key-file", "KEY", "--execute", "now")]
    [InlineData(ExitCodes.Usage, "repair", "index", "--key-file", "KEY")]
    [InlineData(ExitCodes.Usage, "repair", "snapshots", "--store", "STORE", "--key-file", "KEY", "--passphrase-file", "KEY")]
    [InlineData(ExitCodes.Usage, "repair", "config", "--store", "STORE")]
    [InlineData(ExitCodes.NotFound, "repair", "config", "--store", "MISSING", "--key-file", "KEY")]
    [InlineData(ExitCodes.NotFound, "repair", "config", "--store", "STORE", "--key-file", "MISSING")]
    [InlineData(ExitCodes.Usage, "copy", "--store", "STORE", "--key-file", "KEY")]
    [InlineData(ExitCodes.Usage, "copy", "--store", "STORE", "--key-file", "KEY", "--to", "COPY", "--to-config", "COPY")]
    [InlineData(ExitCodes.NotFound, "copy", "--store", "MISSING", "--key-file", "KEY", "--to", "COPY")]
    [InlineData(ExitCodes.Usage, "key", "test", "--store", "STORE")]
    [InlineData(ExitCodes.Usage, "key", "rotate", "--store", "STORE", "--key-file", "KEY")]
    [InlineData(ExitCodes.NotFound, "key", "rotate", "00", "--store", "STORE", "--key-file", "KEY", "--new-key-file", "COPY")]
    [InlineData(ExitCodes.Usage, "check", "--read-data=0")]
    [InlineData(ExitCodes.Usage, "check", "--read-data=101")]
    [InlineData(ExitCodes.Usage, "check", "--read-data=some")]
    public async Task WrongArguments_AreRefusedAndChangeNothing(int code, params string[] command)
    {
        IReadOnlyDictionary<string, string> before = _fixture.World.Objects();

        CliRun run = await StoreWorld.RunAsync([.. command.Select(a => a switch
        {
            "STORE" => _fixture.World.Store,
            "KEY" => _fixture.World.KeyFile,
            "COPY" or "MISSING" => Path.Combine(_fixture.World.Folder, a),
            _ => a,
        })]);

        Assert.True(run.Code == code, $"{run.Code}: {run.Out}{run.Error}");
        Assert.NotEmpty(run.Error);
        Assert.Equal(before, _fixture.World.Objects());
        Assert.False(Path.Exists(Path.Combine(_fixture.World.Folder, "COPY")));
    }

    /// <summary>One store for all: there is something to repair in it, and no test may change it.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        internal StoreWorld World { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            World = await StoreWorld.CreateAsync();
            StoreWorld.Flip(World.FilesOf("index")[0], 100);
        }

        public Task DisposeAsync()
        {
            World.Dispose();
            return Task.CompletedTask;
        }
    }
}
