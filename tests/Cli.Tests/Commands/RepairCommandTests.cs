using System.Text.Json;
using K8sBackup.Cli.Failures;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;

namespace K8sBackup.Cli.Tests.Commands;

/// <summary>Repairs of a store with backups in it: what they say without <c>--execute</c>, do with it, and refuse.</summary>
public sealed class RepairCommandTests : IAsyncLifetime
{
    private StoreWorld _world = null!;
    private RestorePointManifest _point = null!;
    private RestorePointManifest _other = null!;

    public async Task InitializeAsync()
    {
        _world = await StoreWorld.CreateAsync();
        _point = await _world.BackUpAsync(StoreWorld.Files, "data");
        _other = await _world.BackUpAsync(StoreWorld.OtherFiles, "other");
    }

    public Task DisposeAsync()
    {
        _world.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Index_AllSegmentsDeleted_IsRebuiltAndEverythingRestores()
    {
        int packs = _world.FilesOf("packs").Length;
        foreach (string segment in _world.FilesOf("index"))
        {
            File.Delete(segment);
        }

        Assert.Equal(ExitCodes.Damaged, (await _world.RestoreAsync(_point)).Run.Code);
        IReadOnlyDictionary<string, string> before = _world.Objects();
        CliRun plan = await StoreWorld.RunAsync(["repair", "index", .. _world.Opened]);
        Assert.Equal(before, _world.Objects());
        Assert.Contains("Repeat with --execute", plan.Error, StringComparison.Ordinal);
        JsonElement done = await StoreWorld.DocumentAsync(ExitCodes.Ok, ["repair", "index", .. _world.Opened, "--execute"]);

        Assert.Equal((packs, packs, 1), (done.GetProperty("packs").GetInt32(), done.GetProperty("added").GetInt32(), done.GetProperty("segments").GetArrayLength()));
        await _world.AssertRestoresAsync(_point, StoreWorld.Files);
        await _world.AssertRestoresAsync(_other, StoreWorld.OtherFiles);
        JsonElement again = await StoreWorld.DocumentAsync(ExitCodes.Ok, ["repair", "index", .. _world.Opened, "--execute"]);
        Assert.Equal((0, 0), (again.GetProperty("added").GetInt32(), again.GetProperty("segments").GetArrayLength()));
        await _world.AssertSoundAsync();
    }

    [Fact]
    public async Task Index_DamagedSegmentAndPack_NamesThePackAndRemovesNothing()
    {
        string segment = _world.FilesOf("index")[0];
        StoreWorld.Flip(segment, 100);
        string pack = _world.FilesOf("packs")[0];
        StoreWorld.Flip(pack, (int)new FileInfo(pack).Length - 5);
        foreach (string other in _world.FilesOf("index").Where(f => f != segment))
        {
            File.Delete(other);
        }

        JsonElement done = await StoreWorld.DocumentAsync(ExitCodes.Damaged, ["repair", "index", .. _world.Opened, "--execute"]);

        Assert.Contains(Path.GetFileName(pack), Assert.Single(done.GetProperty("unreadable").EnumerateArray()).GetString(), StringComparison.Ordinal);
        Assert.Empty(done.GetProperty("removed").EnumerateArray());
        Assert.True(File.Exists(segment));
    }

    [Fact]
    public async Task Snapshots_PackLost_AreMarkedWithTheirFilesAndHealed()
    {
        string pack = await PackOfFilesAsync();
        File.Delete(pack);
        IReadOnlyDictionary<string, string> before = _world.Objects();

        JsonElement plan = await StoreWorld.DocumentAsync(ExitCodes.Damaged, ["repair", "snapshots", .. _world.Opened]);
        Assert.Equal(before, _world.Objects());
        JsonElement done = await StoreWorld.DocumentAsync(ExitCodes.Damaged, ["repair", "snapshots", .. _world.Opened, "--execute"]);
        Assert.Equal(plan.ToString(), done.ToString());
        Assert.All(before, o => Assert.Equal(o.Value, _world.Objects()[o.Key]));
        string[] lost = [.. done.GetProperty("marked")[0].GetProperty("paths").EnumerateArray().Select(p => p.GetString()!)];
        Assert.NotEmpty(lost);
        Assert.Contains(Path.GetFileName(pack), done.GetProperty("marked")[0].GetProperty("objects")[0].GetString(), StringComparison.Ordinal);

        // What is not lost is restored, what is lost is left out with its name.
        (CliRun partial, string target) = await _world.RestoreAsync(_point);
        Assert.Equal(ExitCodes.PartiallyFailed, partial.Code);
        Assert.Equal(StoreWorld.Files.Keys.Except(lost).Order(), Directory.GetFiles(target, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(target, f)).Order());
        Assert.All(lost, p => Assert.Contains(p, partial.Out, StringComparison.Ordinal));
        await _world.AssertRestoresAsync(_other, StoreWorld.OtherFiles);

        // The same files once more.
        await _world.BackUpAsync(StoreWorld.Files, "data");
        foreach (string segment in _world.FilesOf("index"))
        {
            File.Delete(segment);
        }

        await StoreWorld.DocumentAsync(ExitCodes.Ok, ["repair", "index", .. _world.Opened, "--execute"]);
        JsonElement healed = await StoreWorld.DocumentAsync(ExitCodes.Ok, ["repair", "snapshots", "--read-data", .. _world.Opened, "--execute"]);
        Assert.Equal(2, healed.GetProperty("healed").GetArrayLength());
        await _world.AssertRestoresAsync(_point, StoreWorld.Files);
        await _world.AssertSoundAsync();
    }

    [Fact]
    public async Task Snapshots_ManifestDamaged_IsRemovedOnlyWhenToldTo()
    {
        string point = Path.Combine(_world.Store, "restore-points", _point.Id.ToString());
        StoreWorld.Flip(point, 100);

        await StoreWorld.DocumentAsync(ExitCodes.Ok, ["repair", "snapshots", .. _world.Opened, "--execute"]);
        Assert.True(File.Exists(point));
        JsonElement plan = await StoreWorld.DocumentAsync(ExitCodes.Ok, ["repair", "snapshots", "--remove-damaged", .. _world.Opened]);
        Assert.Equal([$"restore-points/{_point.Id}"], plan.GetProperty("removed").EnumerateArray().Select(r => r.GetString()));
        Assert.True(File.Exists(point));
        await StoreWorld.DocumentAsync(ExitCodes.Ok, ["repair", "snapshots", "--remove-damaged", .. _world.Opened, "--execute"]);

        Assert.False(File.Exists(point));
        await _world.AssertSoundAsync();
    }

    [Fact]
    public async Task Points_ManifestLost_IsMadeAgainAndRestores()
    {
        File.Delete(Path.Combine(_world.Store, "restore-points", _point.Id.ToString()));
        IReadOnlyDictionary<string, string> before = _world.Objects();

        await StoreWorld.DocumentAsync(ExitCodes.Ok, ["repair", "points", .. _world.Opened]);
        Assert.Equal(before, _world.Objects());
        JsonElement done = await StoreWorld.DocumentAsync(ExitCodes.Ok, ["repair", "points", .. _world.Opened, "--execute"]);

        JsonElement made = Assert.Single(done.GetProperty("made").EnumerateArray());
        Assert.Equal(_point.Plan, made.GetProperty("plan").GetString());
        await _world.AssertRestoresAsync(_point with { Id = RestorePointId.Parse(made.GetProperty("point").GetString()!) }, StoreWorld.Files);
        await _world.AssertSoundAsync();
    }

    [Theory]
    [InlineData("config")]
    [InlineData("state")]
    public async Task Config_Damaged_IsMadeAgain(string name)
    {
        StoreWorld.Flip(Path.Combine(_world.Store, name), 60);

        JsonElement plan = await StoreWorld.DocumentAsync(ExitCodes.Ok, ["repair", "config", .. _world.Opened]);
        Assert.Contains(name + ":", plan.GetProperty(name).GetString(), StringComparison.Ordinal);
        await StoreWorld.DocumentAsync(ExitCodes.Ok, ["repair", "config", .. _world.Opened, "--execute"]);

        JsonElement sound = await StoreWorld.DocumentAsync(ExitCodes.Ok, ["repair", "config", .. _world.Opened]);
        Assert.Equal(("Sound", "Sound"), (sound.GetProperty("config").GetString(), sound.GetProperty("state").GetString()));
        await _world.BackUpAsync(StoreWorld.Files, "data");
        await _world.AssertRestoresAsync(_point, StoreWorld.Files);
        await _world.AssertSoundAsync();
    }

    // The largest pack without which only files are lost, and not the tree that names them.
    private async Task<string> PackOfFilesAsync()
    {
        foreach (string pack in _world.FilesOf("packs"))
        {
            string away = Path.Combine(_world.Folder, "away");
            File.Move(pack, away);
            JsonElement plan = JsonDocument.Parse((await StoreWorld.RunAsync(["repair", "snapshots", .. _world.Opened, "--output", "json"])).Out).RootElement;
            File.Move(away, pack);
            if (plan.GetProperty("marked").EnumerateArray().Any(m => m.GetProperty("paths").GetArrayLength() > 0 && m.GetProperty("snapshot").GetString() == _point.Sources[0].Snapshot.ToString()))
            {
                return pack;
            }
        }

        throw new InvalidOperationException("No pack holds files alone.");
    }
}
