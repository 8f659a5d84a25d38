using System.Globalization;
using System.Text;
using System.Text.Json;
using K8sBackup.Cli.Failures;

namespace K8sBackup.Cli.Tests.Inside;

/// <summary>Looking into a snapshot file of a real etcd.</summary>
public sealed class InsideFileTests : IClassFixture<InsideFixture>, IDisposable
{
    private readonly InsideFixture _etcd;
    private readonly TestKit.TemporaryDirectory _directory = new();

    public InsideFileTests(InsideFixture etcd) => _etcd = etcd;

    private string Snapshot => _etcd.Snapshot;

    private string Early => _etcd.Early.ToString(CultureInfo.InvariantCulture);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Ls_ByEveryFilter_FindsTheRightKeys()
    {
        await AssertKeysAsync(["compact_rev_key"], "--prefix", "c");
        await AssertKeysAsync(["/registry/configmaps/kube-system/settings", "/registry/configmaps/shop/settings"], "--kind", "configmap", "--name", "settings");
        await AssertKeysAsync(["/registry/configmaps/shop/broken", "/registry/configmaps/shop/settings"], "--kind", "configmaps", "-n", "shop");
        await AssertKeysAsync(["/registry/deployments/shop/web"], "-k", "Deployment.apps");
        await AssertKeysAsync([], "-k", "Deployment.extensions");
        await AssertKeysAsync(["/registry/configmaps/shop/settings", "/registry/deployments/shop/web"], "-n", "shop", "-l", "tier=front,!color");
        await AssertKeysAsync(["/registry/example.org/widgets/shop/w1"], "-l", "tier=back", "--revision", Early);
        await AssertKeysAsync([], "-l", "tier=back");
        // What is encrypted or malformed is found by its key.
        await AssertKeysAsync(["/registry/secrets/shop/broken", "/registry/secrets/shop/db", "/registry/secrets/shop/sealed"], "--kind", "secrets", "-n", "shop");
    }

    [Fact]
    public async Task Ls_ForPeople_SaysWhatItCannotRead()
    {
        CliRun run = await InsideFixture.RunAsync("etcd", "ls", Snapshot, "--long");

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Contains("ConfigMap", run.Out, StringComparison.Ordinal);
        Assert.Contains("(Encrypted)", run.Out, StringComparison.Ordinal);
        Assert.Contains("no encryption configuration was given", run.Out, StringComparison.Ordinal);
        Assert.Contains("malformed", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain(InsideFixture.Password, run.Out + run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_ConfigMap_IsYamlAtAnyRevision()
    {
        CliRun now = await GetAsync("configmaps/shop/settings");
        CliRun then = await GetAsync("ConfigMap/settings", "-n", "shop", "--revision", Early);
        CliRun byKey = await GetAsync("/registry/configmaps/shop/settings");

        Assert.Contains("\"app.conf\": \"color: blue\"", now.Out, StringComparison.Ordinal);
        Assert.Contains("\"app.conf\": \"color: red\"", then.Out, StringComparison.Ordinal);
        Assert.Equal(now.Out, byKey.Out);
        Assert.DoesNotContain('#', now.Out);
    }

    [Fact]
    public async Task Get_Secret_IsMaskedUnlessAskedFor()
    {
        foreach (string format in (string[])["table", "json", "yaml"])
        {
            CliRun masked = await GetAsync("secrets/shop/db", "--output", format);
            CliRun shown = await GetAsync("secrets/shop/db", "--output", format, "--show-secrets");
            string value = Convert.ToBase64String(Encoding.UTF8.GetBytes(InsideFixture.Password));

            Assert.Contains("(masked, 19 bytes)", masked.Out, StringComparison.Ordinal);
            Assert.DoesNotContain(value, masked.Out, StringComparison.Ordinal);
            Assert.DoesNotContain(InsideFixture.Password, masked.Out, StringComparison.Ordinal);
            Assert.Contains(value, shown.Out, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Get_StoredBytesOfASecret_NeedTheFlag()
    {
        foreach (string name in (string[])["db", "broken"])
        {
            CliRun refused = await InsideFixture.RunAsync("etcd", "get", Snapshot, "/registry/secrets/shop/" + name, "--raw");
            CliRun raw = await InsideFixture.RunAsync("etcd", "get", Snapshot, "/registry/secrets/shop/" + name, "--raw", "--show-secrets");

            Assert.Equal(ExitCodes.Usage, refused.Code);
            Assert.Empty(refused.Binary);
            Assert.Contains(InsideFixture.Password, Encoding.Latin1.GetString(raw.Binary), StringComparison.Ordinal);
        }

        CliRun broken = await GetAsync("/registry/secrets/shop/broken");
        Assert.Contains("masked", broken.Out, StringComparison.Ordinal);
        Assert.DoesNotContain(InsideFixture.Password, broken.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_EncryptedSecret_WithAndWithoutItsKey()
    {
        CliRun without = await GetAsync("/registry/secrets/shop/sealed");
        CliRun wrong = await GetAsync("/registry/secrets/shop/sealed", "--encryption-config", _etcd.WrongKeys);
        CliRun masked = await GetAsync("Secret/shop/sealed", "--encryption-config", _etcd.Keys);
        CliRun shown = await GetAsync("Secret/shop/sealed", "--encryption-config", _etcd.Keys, "--show-secrets");

        Assert.Contains("k8s:enc:aescbc:v1:key1:", without.Out, StringComparison.Ordinal);
        Assert.Contains("another key", wrong.Out, StringComparison.Ordinal);
        Assert.Contains("(masked, 16 bytes)", masked.Out, StringComparison.Ordinal);
        Assert.Contains("encrypted at rest: aescbc:v1 key1", masked.Out, StringComparison.Ordinal);
        Assert.Contains(Convert.ToBase64String(Encoding.UTF8.GetBytes(InsideFixture.Sealed)), shown.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_WhatIsNotUnderstood_IsShownAsItIs()
    {
        CliRun broken = await GetAsync("/registry/configmaps/shop/broken");
        CliRun plain = await GetAsync("compact_rev_key");
        CliRun deployment = await GetAsync("deployments.apps/shop/web", "--output", "json");

        Assert.Contains("k8s\\x00\\x0a\\xffraw-bytes", broken.Out, StringComparison.Ordinal);
        Assert.Contains("\n17\n", plain.Out, StringComparison.Ordinal);
        JsonElement shown = JsonDocument.Parse(deployment.Out).RootElement;
        Assert.False(shown.GetProperty("complete").GetBoolean());
        Assert.Equal("front", shown.GetProperty("object").GetProperty("metadata").GetProperty("labels").GetProperty("tier").GetString());
        CliRun raw = await InsideFixture.RunAsync("etcd", "get", Snapshot, "deployments/shop/web", "--raw");
        Assert.Equal(shown.GetProperty("storedBase64").GetBytesFromBase64(), raw.Binary);
    }

    [Theory]
    [InlineData(ExitCodes.NotFound, "has no", "get", "configmaps/shop/none")]
    [InlineData(ExitCodes.NotFound, "has no", "get", "/registry/none")]
    [InlineData(ExitCodes.NotFound, "at no revision", "history", "/registry/none")]
    [InlineData(ExitCodes.Usage, "several", "get", "configmaps/settings")]
    [InlineData(ExitCodes.Usage, "names no object", "get", "configmaps/")]
    [InlineData(ExitCodes.Usage, "is a key", "get", "/registry/x", "-n", "shop")]
    [InlineData(ExitCodes.NotFound, "after the snapshot", "get", "configmaps/shop/settings", "--revision", "99999")]
    [InlineData(ExitCodes.Usage, "no keys beside it", "get", "configmaps/shop/settings", "--decrypt")]
    [InlineData(ExitCodes.NotFound, "missing.yaml", "get", "configmaps/shop/settings", "--encryption-config", "/nonexistent/missing.yaml")]
    public async Task Get_WhatIsNotThere_SaysSo(int expected, string reason, string command, params string[] arguments)
    {
        CliRun run = await InsideFixture.RunAsync(["etcd", command, Snapshot, .. arguments]);

        Assert.Equal(expected, run.Code);
        Assert.Contains(reason, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task History_OfChangedAndDeletedObjects_IsWhole()
    {
        CliRun settings = await InsideFixture.RunAsync("etcd", "history", Snapshot, "configmaps/shop/settings", "--output", "json");
        CliRun widget = await InsideFixture.RunAsync("etcd", "history", Snapshot, "widgets/shop/w1");

        JsonElement[] changes = [.. JsonDocument.Parse(settings.Out).RootElement.EnumerateArray()];
        Assert.Equal(["Created", "Changed"], changes.Select(c => c.GetProperty("change").GetString()));
        Assert.Equal(["data.app.conf"], changes[1].GetProperty("fields").EnumerateArray().Select(f => f.GetString()));
        Assert.Contains("Created", widget.Out, StringComparison.Ordinal);
        Assert.Contains("Deleted", widget.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Diff_BetweenRevisionsAndWithTheLiveCluster_NamesObjectsAndFields()
    {
        CliRun revisions = await InsideFixture.RunAsync("etcd", "diff", Snapshot, "--revision", Early, "--prefix", "/registry/");
        CliRun self = await InsideFixture.RunAsync("etcd", "diff", Snapshot, Snapshot);
        CliRun live = await InsideFixture.RunAsync("etcd", "diff", Snapshot, "--live", _etcd.Etcd.Endpoint.ToString());

        Assert.Equal(
            ["~ ConfigMap shop settings data.app.conf", "- Widget.example.org shop w1"],
            revisions.Out.TrimEnd().Split('\n').Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
        Assert.Equal((ExitCodes.Ok, ""), (self.Code, self.Out));
        Assert.True(live.Code == ExitCodes.Ok, live.Error);
        Assert.Equal("", live.Out);
    }

    [Theory]
    [InlineData("second snapshot", "--live", "http://127.0.0.1:1", "--to-revision", "3")]
    [InlineData("an address", "--live", "127.0.0.1")]
    [InlineData("--live-ca", "--live", "https://127.0.0.1:1")]
    [InlineData("go together", "--live", "http://127.0.0.1:1", "--live-cert", "x.pem")]
    public async Task Diff_LiveOptionsThatMakeNoSense_AreRefused(string reason, params string[] arguments)
    {
        CliRun run = await InsideFixture.RunAsync(["etcd", "diff", Snapshot, .. arguments]);

        Assert.Equal(ExitCodes.Usage, run.Code);
        Assert.Contains(reason, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Diff_EtcdThatIsNotThere_IsUnavailable()
    {
        CliRun run = await InsideFixture.RunAsync("etcd", "diff", Snapshot, "--live", "http://127.0.0.1:1");

        Assert.Equal(ExitCodes.Unavailable, run.Code);
    }

    [Fact]
    public async Task Export_OfANamespace_WritesFilesForTheirOwner()
    {
        string target = Path.Combine(_directory.Path, "shop");
        CliRun run = await InsideFixture.RunAsync("etcd", "export", Snapshot, "-n", "shop", "--to", target, "--output", "json");

        Assert.True(run.Code == ExitCodes.Ok, run.Error);
        Assert.Equal(
            [
                "registry/configmaps/shop/broken.stored", "registry/configmaps/shop/settings.yaml", "registry/deployments/shop/web.stored", "registry/deployments/shop/web.yaml",
                "registry/secrets/shop/broken.yaml", "registry/secrets/shop/db.yaml", "registry/secrets/shop/sealed.stored",
            ],
            Directory.EnumerateFiles(target, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(target, f)).Order(StringComparer.Ordinal));
        Assert.All(Directory.EnumerateFiles(target, "*", SearchOption.AllDirectories), f => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(f)));
        JsonElement summary = JsonDocument.Parse(run.Out).RootElement;
        Assert.Equal((6, 2, 3), (summary.GetProperty("objects").GetInt32(), summary.GetProperty("masked").GetInt32(), summary.GetProperty("undecoded").GetInt32()));
        Assert.All(Directory.EnumerateFiles(target, "*", SearchOption.AllDirectories), f => Assert.DoesNotContain(InsideFixture.Password, File.ReadAllText(f, Encoding.Latin1), StringComparison.Ordinal));

        CliRun again = await InsideFixture.RunAsync("etcd", "export", Snapshot, "--to", target);
        Assert.Equal(ExitCodes.Refused, again.Code);
    }

    [Fact]
    public async Task Export_OfOneObjectAndOfEverything_WritesThatAndNoMore()
    {
        string one = Path.Combine(_directory.Path, "one"), everything = Path.Combine(_directory.Path, "everything");
        CliRun single = await InsideFixture.RunAsync("etcd", "export", Snapshot, "--kind", "ConfigMap", "-n", "shop", "--name", "settings", "--to", one);
        CliRun all = await InsideFixture.RunAsync("etcd", "export", Snapshot, "--to", everything, "--show-secrets");

        Assert.True(single.Code == ExitCodes.Ok && all.Code == ExitCodes.Ok, single.Error + all.Error);
        string file = Assert.Single(Directory.EnumerateFiles(one, "*", SearchOption.AllDirectories));
        Assert.Equal("registry/configmaps/shop/settings.yaml", Path.GetRelativePath(one, file));
        Assert.Contains("color: blue", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
        string[] objects = [.. Directory.EnumerateFiles(everything, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(everything, f)).Select(f => f[..^Path.GetExtension(f).Length]).Distinct().Order(StringComparer.Ordinal)];
        Assert.Equal(
            [
                "%/compact_rev_key", "registry/configmaps/kube-system/settings", "registry/configmaps/shop/broken", "registry/configmaps/shop/settings",
                "registry/deployments/shop/web", "registry/secrets/shop/broken", "registry/secrets/shop/db", "registry/secrets/shop/sealed",
            ],
            objects);
    }

    [Fact]
    public async Task Ls_DamagedFile_ShowsWhatItCanAndSaysSo()
    {
        byte[] bytes = await File.ReadAllBytesAsync(Snapshot);
        string path = Path.Combine(_directory.Path, "damaged.db");
        bytes[^40] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);
        CliRun flipped = await InsideFixture.RunAsync("etcd", "ls", path);
        await File.WriteAllBytesAsync(path, bytes[..^32]);
        CliRun bare = await InsideFixture.RunAsync("etcd", "ls", path);
        await File.WriteAllBytesAsync(path, bytes[..8000]);
        CliRun cut = await InsideFixture.RunAsync("etcd", "ls", path);

        Assert.Equal(ExitCodes.Damaged, flipped.Code);
        Assert.Contains("warning: the snapshot is damaged", flipped.Error, StringComparison.Ordinal);
        Assert.Contains("settings", flipped.Out, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Ok, bare.Code);
        Assert.Contains("no digest", bare.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Damaged, cut.Code);
        Assert.Equal("", cut.Out);
    }

    private async Task<CliRun> GetAsync(params string[] arguments)
    {
        CliRun run = await InsideFixture.RunAsync(["etcd", "get", Snapshot, .. arguments]);
        Assert.True(run.Code == ExitCodes.Ok, run.Error);
        return run;
    }

    private async Task AssertKeysAsync(string[] keys, params string[] arguments)
    {
        CliRun run = await InsideFixture.RunAsync(["etcd", "ls", Snapshot, "--output", "json", .. arguments]);
        Assert.True(run.Code == ExitCodes.Ok, run.Error);
        Assert.Equal(keys, JsonDocument.Parse(run.Out).RootElement.EnumerateArray().Select(o => o.GetProperty("key").GetString()));
    }
}
