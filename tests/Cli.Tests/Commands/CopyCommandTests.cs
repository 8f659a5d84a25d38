using System.Text.Json;
using K8sBackup.Cli.Failures;
using K8sBackup.Model.Manifests;

namespace K8sBackup.Cli.Tests.Commands;

/// <summary>Copies of a store with backups in it.</summary>
public sealed class CopyCommandTests : IAsyncLifetime
{
    private StoreWorld _world = null!;
    private RestorePointManifest _point = null!;

    private string[] Command => ["copy", .. _world.Opened, "--to", _world.Copy];

    public async Task InitializeAsync()
    {
        _world = await StoreWorld.CreateAsync();
        _point = await _world.BackUpAsync(StoreWorld.Files, "data");
    }

    public Task DisposeAsync()
    {
        _world.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Copy_RestoresLikeTheFirst_AndOnlyWhatIsNewFollows()
    {
        JsonElement first = await StoreWorld.DocumentAsync(ExitCodes.Ok, Command);
        RestorePointManifest later = await _world.BackUpAsync(StoreWorld.OtherFiles, "later");
        JsonElement second = await StoreWorld.DocumentAsync(ExitCodes.Ok, Command);
        JsonElement third = await StoreWorld.DocumentAsync(ExitCodes.Ok, Command);

        Assert.Equal(first.GetProperty("copied").GetInt64(), second.GetProperty("present").GetInt64());
        Assert.True(second.GetProperty("copied").GetInt64() > 0);
        Assert.Equal(0, third.GetProperty("copied").GetInt64());
        Assert.Equal(_world.Objects().Where(o => o.Key != "state").OrderBy(o => o.Key), _world.Objects(_world.Copy).OrderBy(o => o.Key));
        foreach (string? store in (string?[])[null, _world.Copy])
        {
            await _world.AssertRestoresAsync(_point, StoreWorld.Files, store);
            await _world.AssertRestoresAsync(later, StoreWorld.OtherFiles, store);
            await _world.AssertSoundAsync(store);
        }
    }

    [Fact]
    public async Task SourcePackDamaged_IsNamedAndNotCopied_AndAnEarlierCopyHealsIt()
    {
        await StoreWorld.DocumentAsync(ExitCodes.Ok, Command);
        string pack = _world.FilesOf("packs")[0];
        string copied = Path.Combine(_world.Copy, Path.GetRelativePath(_world.Store, pack));
        byte[] sound = await File.ReadAllBytesAsync(pack);
        StoreWorld.Flip(pack, 100);
        string fresh = Path.Combine(_world.Folder, "fresh");

        JsonElement report = await StoreWorld.DocumentAsync(ExitCodes.Damaged, ["copy", .. _world.Opened, "--to", fresh]);

        JsonElement problem = Assert.Single(report.GetProperty("problems").EnumerateArray());
        Assert.EndsWith(Path.GetFileName(pack), problem.GetProperty("object").GetString(), StringComparison.Ordinal);
        Assert.Equal("Source", problem.GetProperty("where").GetString());
        Assert.False(File.Exists(Path.Combine(fresh, Path.GetRelativePath(_world.Store, pack))));
        Assert.Equal(sound, await File.ReadAllBytesAsync(copied));

        File.Delete(pack);
        await StoreWorld.DocumentAsync(ExitCodes.Ok, "copy", "--store", _world.Copy, "--key-file", _world.KeyFile, "--to", _world.Store);
        Assert.Equal(sound, await File.ReadAllBytesAsync(pack));
        await StoreWorld.DocumentAsync(ExitCodes.Ok, ["copy", .. _world.Opened, "--to", fresh]);
        await _world.AssertRestoresAsync(_point, StoreWorld.Files, fresh);
        await _world.AssertSoundAsync();
        await _world.AssertSoundAsync(fresh);
    }

    [Fact]
    public async Task Deleted_StaysInTheCopyUnlessToldTo()
    {
        await StoreWorld.DocumentAsync(ExitCodes.Ok, Command);
        string point = Path.Combine("restore-points", _point.Id.ToString());
        File.Delete(Path.Combine(_world.Store, point));

        Assert.Equal(0, (await StoreWorld.DocumentAsync(ExitCodes.Ok, Command)).GetProperty("deleted").GetInt64());
        Assert.True(File.Exists(Path.Combine(_world.Copy, point)));
        Assert.Equal(1, (await StoreWorld.DocumentAsync(ExitCodes.Ok, [.. Command, "--prune"])).GetProperty("deleted").GetInt64());
        Assert.False(File.Exists(Path.Combine(_world.Copy, point)));
        await _world.AssertSoundAsync(_world.Copy);
    }

    [Fact]
    public async Task OntoAnotherRepository_IsRefusedAndLeftAlone()
    {
        using StoreWorld another = await StoreWorld.CreateAsync();
        IReadOnlyDictionary<string, string> before = another.Objects();

        CliRun run = await StoreWorld.RunAsync(["copy", .. _world.Opened, "--to", another.Store]);

        Assert.Equal(ExitCodes.Damaged, run.Code);
        Assert.Contains("config", run.Error, StringComparison.Ordinal);
        Assert.Equal(before, another.Objects());
    }

    [Fact]
    public async Task ToAStoreOfAFile_IsTheSame()
    {
        string file = Path.Combine(_world.Folder, "second.yaml");
        await File.WriteAllTextAsync(file, "store: {local: copy}\n");

        await StoreWorld.DocumentAsync(ExitCodes.Ok, ["copy", .. _world.Opened, "--to-config", file]);

        await _world.AssertRestoresAsync(_point, StoreWorld.Files, _world.Copy);
    }
}
