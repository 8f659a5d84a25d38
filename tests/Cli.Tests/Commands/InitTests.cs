using System.Text.Json;
using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Terminal;

namespace K8sBackup.Cli.Tests.Commands;

public sealed class InitTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("k8sbackup-init-").FullName;

    private string Store => Path.Combine(_directory, "store");

    private string KeyFile => Path.Combine(_directory, "state", "repository.key");

    private string Recovery => Path.Combine(_directory, "recovery.txt");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Init_FirstTime_MakesEverythingForItsOwnerOnly()
    {
        CliRun run = await InitAsync("--recovery-out", Recovery);

        Assert.Equal(ExitCodes.Ok, run.Code);
        foreach (string file in (string[])[Recovery, KeyFile, Path.Combine(_directory, "state", "coordinator.yaml"), Path.Combine(_directory, "operator", "identity", "identity.pem")])
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }

        Assert.Matches("^([2-9a-z]{5}-){5}[2-9a-z]{5}\n$", await File.ReadAllTextAsync(Recovery));
        Assert.DoesNotContain((await File.ReadAllTextAsync(Recovery)).Trim(), run.Out + run.Error, StringComparison.Ordinal);
        Assert.Contains("listen: \"127.0.0.1:7443\"", await File.ReadAllTextAsync(Path.Combine(_directory, "state", "coordinator.yaml")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Init_Again_ChangesNothingAndSaysWhatExists()
    {
        await InitAsync("--recovery-out", Recovery);
        Dictionary<string, string> before = Contents();

        CliRun run = await InitAsync("--output", "json");

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Equal(before, Contents());
        Assert.All(JsonDocument.Parse(run.Out).RootElement.EnumerateArray(), part => Assert.Equal("exists", part.GetProperty("state").GetString()));
    }

    [Fact]
    public async Task Init_NowhereForTheRecoveryPassphrase_MakesNoRepository()
    {
        CliRun run = await InitAsync();

        Assert.Equal(ExitCodes.Usage, run.Code);
        Assert.Contains("--recovery-out", run.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Store, "*", SearchOption.AllDirectories));
        Assert.False(File.Exists(KeyFile));
    }

    [Theory]
    [InlineData(true, ExitCodes.Ok)]
    [InlineData(false, ExitCodes.Cancelled)]
    public async Task Init_OnTerminal_WantsTheLastGroupTyped(bool types, int code)
    {
        TypedBack typed = new(types);

        CliRun run = await RunAsync(c => c with { InIsTerminal = true, ErrorIsTerminal = true, In = typed, Error = typed.Screen }, Arguments());

        Assert.Equal(code, run.Code);
        Assert.Equal(types, File.Exists(Path.Combine(_directory, "state", "coordinator.yaml")));
        Assert.Equal(types, File.Exists(KeyFile));
    }

    [Fact]
    public async Task Init_RecoveryFileExists_IsNotOverwritten()
    {
        await File.WriteAllTextAsync(Recovery, "precious");

        CliRun run = await InitAsync("--recovery-out", Recovery);

        Assert.Equal(ExitCodes.Refused, run.Code);
        Assert.Equal("precious", await File.ReadAllTextAsync(Recovery));
    }

    [Fact]
    public async Task Init_ShortPassphrase_IsRefused()
    {
        await File.WriteAllTextAsync(Recovery, "short\n");

        CliRun run = await InitAsync("--recovery-passphrase-file", Recovery);

        Assert.Equal(ExitCodes.Usage, run.Code);
        Assert.False(File.Exists(KeyFile));
    }

    [Fact]
    public async Task Init_KeyFileLost_SaysHowToMakeOneFromThePassphrase()
    {
        await InitAsync("--recovery-out", Recovery);
        File.Delete(KeyFile);

        CliRun refused = await InitAsync();
        CliRun added = await RunAsync(c => c, ["key", "add", "--store", Store, "--passphrase-file", Recovery, "--new-key-file", KeyFile]);
        CliRun again = await InitAsync();

        Assert.Equal(ExitCodes.Refused, refused.Code);
        Assert.Contains("--new-key-file", refused.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Ok, added.Code);
        Assert.Equal(ExitCodes.Ok, again.Code);
    }

    [Theory]
    [InlineData("--cluster", "Bad Name")]
    [InlineData("--listen", "here:1")]
    [InlineData("--listen", "127.0.0.1:0")]
    [InlineData("--host", "not a host")]
    public async Task Init_BadValue_IsRefusedBeforeAnythingIsMade(string option, string value)
    {
        CliRun run = await RunAsync(c => c, [.. Arguments().Where((_, i) => Arguments()[i] != option && (i == 0 || Arguments()[i - 1] != option)), option, value, "--recovery-out", Recovery]);

        Assert.Equal(ExitCodes.Usage, run.Code);
        Assert.Empty(Directory.GetFileSystemEntries(_directory));
    }

    [Fact]
    public async Task Key_WrongPassphrase_IsDeniedAndNothingIsAdded()
    {
        await InitAsync("--recovery-out", Recovery);
        string wrong = Path.Combine(_directory, "wrong.txt");
        await File.WriteAllTextAsync(wrong, "not the passphrase at all\n");

        CliRun run = await RunAsync(c => c, ["key", "add", "--store", Store, "--passphrase-file", wrong, "--new-passphrase-file", wrong]);

        Assert.Equal(ExitCodes.Denied, run.Code);
        Assert.Equal(2, (await SlotsAsync()).GetArrayLength());
    }

    [Fact]
    public async Task Key_AddThenRemove_LeavesWhatWasThere()
    {
        await InitAsync("--recovery-out", Recovery);
        string added = Path.Combine(_directory, "new.txt");
        await File.WriteAllTextAsync(added, "another long passphrase\n");

        CliRun add = await RunAsync(c => c, ["key", "add", "--store", Store, "--key-file", KeyFile, "--new-passphrase-file", added, "--label", "safe", "--output", "json"]);
        string id = JsonDocument.Parse(add.Out).RootElement.GetProperty("id").GetString()!;
        CliRun remove = await RunAsync(c => c, ["key", "remove", id, "--store", Store, "--passphrase-file", added]);

        Assert.Equal(ExitCodes.Ok, add.Code);
        Assert.Equal(ExitCodes.Ok, remove.Code);
        Assert.Equal(2, (await SlotsAsync()).GetArrayLength());
    }

    [Fact]
    public async Task Key_RemoveTheRecoverySlot_IsRefused()
    {
        await InitAsync("--recovery-out", Recovery);
        string id = (await SlotsAsync()).EnumerateArray().Single(s => s.GetProperty("isRecovery").GetBoolean()).GetProperty("id").GetString()!;

        CliRun run = await RunAsync(c => c, ["key", "remove", id, "--store", Store, "--key-file", KeyFile]);

        Assert.Equal(ExitCodes.Refused, run.Code);
        Assert.Equal(2, (await SlotsAsync()).GetArrayLength());
    }

    [Fact]
    public async Task Key_NoSuchStore_IsNotFoundAndNotMade()
    {
        CliRun run = await RunAsync(c => c, ["key", "list", "--store", Store]);

        Assert.Equal(ExitCodes.NotFound, run.Code);
        Assert.False(Directory.Exists(Store));
    }

    [Fact]
    public async Task Key_StoreNamedByTheCoordinatorsConfiguration_IsTheSameStore()
    {
        await InitAsync("--recovery-out", Recovery);

        CliRun named = await RunAsync(c => c, ["key", "list", "--store-config", Path.Combine(_directory, "state", "coordinator.yaml"), "--output", "json"]);

        Assert.Equal(ExitCodes.Ok, named.Code);
        Assert.Equal((await SlotsAsync()).ToString(), JsonDocument.Parse(named.Out).RootElement.ToString());
    }

    [Theory]
    [InlineData("store: {local: }", ":1: store.local: a text is expected")]
    [InlineData("store: {locale: /srv}", "store.locale: there is no such field")]
    [InlineData("cluster: prod", "store: is missing")]
    public async Task Key_FaultyStoreConfiguration_IsNamedWithLine(string yaml, string expected)
    {
        string file = Path.Combine(_directory, "store.yaml");
        await File.WriteAllTextAsync(file, yaml);

        CliRun run = await RunAsync(c => c, ["key", "list", "--store-config", file]);

        Assert.Equal(ExitCodes.Usage, run.Code);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_NoStoreOrTwo_IsUsage()
    {
        Assert.Equal(ExitCodes.Usage, (await RunAsync(c => c, ["key", "list"])).Code);
        Assert.Equal(ExitCodes.Usage, (await RunAsync(c => c, ["key", "list", "--store", Store, "--store-config", "x"])).Code);
    }

    private string[] Arguments() =>
    [
        "init", "--cluster", "test", "--state", Path.Combine(_directory, "state"), "--store", Store, "--listen", "127.0.0.1:7443",
        "--operator-dir", Path.Combine(_directory, "operator"),
    ];

    private Task<CliRun> InitAsync(params string[] more) => RunAsync(c => c, [.. Arguments(), .. more]);

    private async Task<JsonElement> SlotsAsync() =>
        JsonDocument.Parse((await RunAsync(c => c, ["key", "list", "--store", Store, "--output", "json"])).Out).RootElement;

    private Dictionary<string, string> Contents() => Directory.GetFiles(_directory, "*", SearchOption.AllDirectories)
        .ToDictionary(f => f, f => Convert.ToHexString(File.ReadAllBytes(f)));

    private static async Task<CliRun> RunAsync(Func<CliContext, CliContext> change, string[] arguments)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        CliContext context = change(new CliContext
        {
            Out = output,
            Error = error,
            In = TextReader.Null,
            ReadSecret = () => null,
            OpenBinaryOut = () => Stream.Null,
            Variable = _ => null,
        });
        int code = await CommandLine.RunAsync(arguments, context, CancellationToken.None);
        return new CliRun(code, output.ToString(), error.ToString(), []);
    }

    /// <summary>A person who reads the passphrase off the screen and types its last group, or something else.</summary>
    private sealed class TypedBack : TextReader
    {
        private readonly bool _types;

        public TypedBack(bool types) => _types = types;

        public StringWriter Screen { get; } = new();

        public override string ReadLine()
        {
            string shown = Screen.ToString().Split('\n').Single(line => line.Contains("Recovery passphrase:", StringComparison.Ordinal));
            return _types ? shown.Trim().Split('-')[^1] : "something";
        }
    }
}
