using System.Text;
using System.Text.Json;
using K8sBackup.Cli.Failures;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Cli.Tests.Commands;

/// <summary>Commands that work on the store by themselves: keys, repairs, copies. Nothing secret comes out of any of them.</summary>
public sealed class StoreCommandTests : IDisposable
{
    private const string PassphraseText = "canary-passphrase-4711-do-not-print";

    private readonly string _directory = Directory.CreateTempSubdirectory("k8sbackup-store-").FullName;
    private readonly StringBuilder _printed = new();

    private string Store => Path.Combine(_directory, "store");

    private string Copy => Path.Combine(_directory, "copy");

    private string KeyFilePath => Path.Combine(_directory, "state", "repository.key");

    private string Passphrase => Path.Combine(_directory, "passphrase.txt");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task KeyTest_SaysWhichSlotsOpen()
    {
        await InitAsync();

        JsonElement tests = await DocumentAsync("key", "test", "--store", Store, "--key-file", KeyFilePath);
        Assert.Equal(["Opens", "Untried"], tests.EnumerateArray().Select(t => t.GetProperty("result").GetString()).Order());
        tests = await DocumentAsync("key", "test", "--store", Store, "--key-file", KeyFilePath, "--passphrase-file", Passphrase);
        Assert.All(tests.EnumerateArray(), t => Assert.Equal("Opens", t.GetProperty("result").GetString()));
        string wrong = Path.Combine(_directory, "wrong.txt");
        await File.WriteAllTextAsync(wrong, "some other passphrase\n");
        Assert.Equal(ExitCodes.Denied, (await RunAsync("key", "test", "--store", Store, "--passphrase-file", wrong)).Code);
        Assert.Equal(ExitCodes.Usage, (await RunAsync("key", "test", "--store", Store)).Code);
    }

    [Fact]
    public async Task KeyRotate_ReplacesOneSlotAndKeepsItsLabel()
    {
        await InitAsync();
        JsonElement before = await SlotsAsync();
        JsonElement old = before.EnumerateArray().Single(s => s.GetProperty("kind").GetString() == "KeyFile");
        string next = Path.Combine(_directory, "next.key");

        CliRun run = await RunAsync("key", "rotate", old.GetProperty("id").GetString()!, "--store", Store, "--key-file", KeyFilePath, "--new-key-file", next);

        Assert.Equal(ExitCodes.Ok, run.Code);
        JsonElement now = (await SlotsAsync()).EnumerateArray().Single(s => s.GetProperty("kind").GetString() == "KeyFile");
        Assert.NotEqual(old.GetProperty("id").GetString(), now.GetProperty("id").GetString());
        Assert.Equal(old.GetProperty("label").GetString(), now.GetProperty("label").GetString());
        Assert.Equal(ExitCodes.Denied, (await RunAsync("key", "test", "--store", Store, "--key-file", KeyFilePath)).Code);
        Assert.Equal(ExitCodes.Ok, (await RunAsync("key", "test", "--store", Store, "--key-file", next)).Code);
    }

    [Fact]
    public async Task KeyRotate_RecoverySlotToAKeyFile_IsRefusedAndMakesNothing()
    {
        await InitAsync();
        JsonElement recovery = (await SlotsAsync()).EnumerateArray().Single(s => s.GetProperty("kind").GetString() == "Passphrase");
        string next = Path.Combine(_directory, "next.key");
        string[] before = Directory.GetFiles(Path.Combine(Store, "keys"));

        CliRun run = await RunAsync("key", "rotate", recovery.GetProperty("id").GetString()!, "--store", Store, "--key-file", KeyFilePath, "--new-key-file", next);

        Assert.Equal(ExitCodes.Refused, run.Code);
        Assert.Contains("recovery slot", run.Error, StringComparison.Ordinal);
        Assert.Equal(before, Directory.GetFiles(Path.Combine(Store, "keys")));
        Assert.False(File.Exists(next));
    }

    [Fact]
    public async Task KeyTest_EverySlotKind_OpensWithItsOwnKeyOnly()
    {
        await InitAsync();
        string pair = Path.Combine(_directory, "recovery.key");
        await RunAsync("key", "new-recovery", "--out", pair);
        await RunAsync("key", "add", "--store", Store, "--key-file", KeyFilePath, "--new-recovery-key", pair + ".pub", "--label", "safe");

        JsonElement all = await DocumentAsync("key", "test", "--store", Store, "--key-file", KeyFilePath, "--passphrase-file", Passphrase, "--recovery-key", pair);
        Assert.Equal(["KeyFile", "Passphrase", "RecoveryKey"], all.EnumerateArray().Select(t => t.GetProperty("kind").GetString()).Order());
        Assert.All(all.EnumerateArray(), t => Assert.Equal("Opens", t.GetProperty("result").GetString()));
        JsonElement one = await DocumentAsync("key", "test", "--store", Store, "--recovery-key", pair);
        Assert.Equal(("RecoveryKey", "safe"), one.EnumerateArray().Where(t => t.GetProperty("result").GetString() == "Opens").Select(t => (t.GetProperty("kind").GetString(), t.GetProperty("label").GetString())).Single());
        Assert.Equal(ExitCodes.Usage, (await RunAsync("key", "test", "--store", Store, "--recovery-key", pair + ".pub")).Code);
    }

    [Fact]
    public async Task KeyRotateData_WantsEverySlotsKey()
    {
        await InitAsync();

        CliRun refused = await RunAsync("key", "rotate-data", "--store", Store, "--key-file", KeyFilePath);
        Assert.NotEqual(ExitCodes.Ok, refused.Code);
        Assert.Contains("would not get the new data key", refused.Error, StringComparison.Ordinal);
        CliRun done = await RunAsync("key", "rotate-data", "--store", Store, "--key-file", KeyFilePath, "--passphrase-file", Passphrase);

        Assert.Equal(ExitCodes.Ok, done.Code);
        Assert.Contains("Data key 2 is in use", done.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Ok, (await RunAsync("key", "test", "--store", Store, "--key-file", KeyFilePath, "--passphrase-file", Passphrase)).Code);
    }

    [Fact]
    public async Task Repair_WithoutExecute_ChangesNothing()
    {
        await InitAsync();
        File.Delete(Path.Combine(Store, "config"));

        CliRun plan = await RunAsync("repair", "config", "--store", Store, "--key-file", KeyFilePath);
        Assert.Equal(ExitCodes.Ok, plan.Code);
        Assert.Contains("--execute", plan.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Store, "config")));
        Assert.Equal(ExitCodes.Ok, (await RunAsync("repair", "config", "--store", Store, "--key-file", KeyFilePath, "--execute")).Code);
        Assert.True(File.Exists(Path.Combine(Store, "config")));
        Assert.Equal(ExitCodes.Ok, (await RunAsync("repair", "index", "--store", Store, "--key-file", KeyFilePath, "--execute")).Code);
        Assert.Equal(ExitCodes.Ok, (await RunAsync("repair", "snapshots", "--store", Store, "--key-file", KeyFilePath, "--execute")).Code);
    }

    [Fact]
    public async Task Copy_OpensWithTheSameKey()
    {
        await InitAsync();

        JsonElement first = await DocumentAsync("copy", "--store", Store, "--key-file", KeyFilePath, "--to", Copy);
        JsonElement second = await DocumentAsync("copy", "--store", Store, "--key-file", KeyFilePath, "--to", Copy);

        Assert.Equal(3, first.GetProperty("copied").GetInt64());
        Assert.Equal((0, 3), (second.GetProperty("copied").GetInt64(), second.GetProperty("present").GetInt64()));
        Assert.Equal(ExitCodes.Ok, (await RunAsync("key", "test", "--store", Copy, "--key-file", KeyFilePath, "--passphrase-file", Passphrase)).Code);
        Assert.Equal(ExitCodes.Usage, (await RunAsync("copy", "--store", Store, "--key-file", KeyFilePath, "--to", "s3://bucket")).Code);
    }

    [Fact]
    public async Task Secrets_AreNeitherPrintedNorStored()
    {
        await InitAsync();
        string added = Path.Combine(_directory, "added.key");
        string damaged = Path.Combine(_directory, "damaged.key");
        await File.WriteAllTextAsync(damaged, (await File.ReadAllTextAsync(KeyFilePath)).Replace('0', '1'));
        await RunAsync("key", "add", "--store", Store, "--passphrase-file", Passphrase, "--new-key-file", added);
        await RunAsync("key", "test", "--store", Store, "--passphrase-file", Passphrase, "--key-file", damaged);
        await RunAsync("key", "rotate-data", "--store", Store, "--passphrase-file", Passphrase, "--key-file", KeyFilePath, "--key-file", added);
        await RunAsync("key", "rotate-data", "--store", Store, "--passphrase-file", Passphrase);
        await RunAsync("repair", "config", "--store", Store, "--key-file", damaged, "--execute");
        await RunAsync("repair", "snapshots", "--store", Store, "--passphrase-file", Passphrase, "--output", "yaml");
        await RunAsync("copy", "--store", Store, "--passphrase-file", Passphrase, "--to", Copy);

        List<byte[]> canaries = [Encoding.UTF8.GetBytes(PassphraseText)];
        foreach (string file in (string[])[KeyFilePath, added])
        {
            string hex = (await File.ReadAllTextAsync(file)).Trim().Split('-')[^2];
            canaries.Add(Encoding.ASCII.GetBytes(hex));
            canaries.Add(Convert.FromHexString(hex));
        }

        byte[] printed = Encoding.UTF8.GetBytes(_printed.ToString());
        string[] kept = [KeyFilePath, added, damaged, Passphrase];
        foreach (byte[] canary in canaries)
        {
            Assert.True(printed.AsSpan().IndexOf(canary) < 0, _printed.ToString());
            foreach (string file in Directory.GetFiles(_directory, "*", SearchOption.AllDirectories).Except(kept))
            {
                Assert.True((await File.ReadAllBytesAsync(file)).AsSpan().IndexOf(canary) < 0, file);
            }
        }

        using MasterKeys keys = MasterKeys.Create(Repository.RepositoryId.Create());
        Assert.Contains("redacted", keys.ToString(), StringComparison.Ordinal);
    }

    private async Task InitAsync()
    {
        await File.WriteAllTextAsync(Passphrase, PassphraseText + "\n");
        CliRun run = await RunAsync(
            "init", "--cluster", "test", "--state", Path.Combine(_directory, "state"), "--store", Store, "--listen", "127.0.0.1:7443",
            "--operator-dir", Path.Combine(_directory, "operator"), "--recovery-passphrase-file", Passphrase);
        Assert.Equal(ExitCodes.Ok, run.Code);
    }

    private async Task<JsonElement> DocumentAsync(params string[] arguments) =>
        JsonDocument.Parse((await RunAsync([.. arguments, "--output", "json"])).Out).RootElement;

    private Task<JsonElement> SlotsAsync() => DocumentAsync("key", "list", "--store", Store);

    private async Task<CliRun> RunAsync(params string[] arguments)
    {
        CliRun run = await StoreWorld.RunAsync(arguments);
        _printed.Append(run.Out).Append(run.Error);
        return run;
    }
}
