using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using K8sBackup.Demo.Cluster;
using K8sBackup.Demo.Native;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Integration.Tests;

/// <summary>An agent killed in the middle of a restore onto what differs: it ends as one that nobody killed, by itself and when it is repeated.</summary>
public sealed partial class RestoreKillTests : IClassFixture<RestoreKillFixture>, IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly ClusterFixture _cluster;

    public RestoreKillTests(RestoreKillFixture fixture) => _cluster = fixture.Cluster;

    private string Volume => _cluster.Layout.Volume;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _cluster.AssertSoundAsync();

    /// <summary>
    /// In the call that makes the one symbolic link, which is in the middle; and, where two renames belong together, between them: what was
    /// there has its other name already, and nothing has its former one. Calls are counted by thread, and those of one entry are made by one.
    /// </summary>
    [StraceTheory]
    [InlineData("skip", "symlinkat", 1)]
    [InlineData("overwrite", "symlinkat", 1)]
    [InlineData("mirror", "symlinkat", 1)]
    [InlineData("rename", "symlinkat", 1)]
    [InlineData("rename", "renameat2", 3)]
    public async Task Agent_KilledHalfWay_EndsAsIfItWasNot(string policy, string call, int nth)
    {
        Conflict();
        Assert.Equal("Completed", await EndAsync(await BeginAsync(policy)));
        string whole = Describe();

        Conflict();
        AgentNode agent = _cluster.WorkerAgent!;
        string restore;
        await using (await SystemCallFault.KillAtAsync(agent.Process, call, nth))
        {
            restore = await BeginAsync(policy);
            await agent.Process.WaitForExitAsync(Patience);
        }

        string half = Describe();
        Assert.NotEqual(whole, half);
        Assert.Equal(policy == "rename", half.Contains(".kb-before-", StringComparison.Ordinal));
        await agent.KillAsync();
        agent.Start();
        Assert.Equal("Completed", await EndAsync(restore));
        Assert.Equal(whole, Describe());

        Assert.Equal("Completed", await EndAsync(await BeginAsync(policy)));
        Assert.Equal(whole, Describe());
    }

    /// <summary>Something else in place of a file before the link and after it, a file that is the same, one that is missing, and one too many.</summary>
    private void Conflict()
    {
        RawTree.Empty(Volume, andItself: false);
        RestoreKillFixture.Fill(Volume);
        File.WriteAllText(Path.Combine(Volume, "a"), "mine");
        File.WriteAllText(Path.Combine(Volume, "z"), "mine, too");
        File.WriteAllText(Path.Combine(Volume, "extra"), "x");
        File.Delete(Path.Combine(Volume, "d", "new"));
        File.Delete(Path.Combine(Volume, "link"));
    }

    private async Task<string> BeginAsync(string policy) =>
        (await _cluster.Cluster.CliJsonAsync("restore", "files", "latest", "volume/data", "--conflicts", policy, "--yes", "--watch", "false")).GetProperty("id").GetString()!;

    private async Task<string> EndAsync(string restore)
    {
        JsonElement shown = default;
        await _cluster.Cluster.WaitForAsync(
            async () => (shown = await _cluster.Cluster.CliJsonAsync("restore", "show", restore)).State() is not ("Running" or "Waiting"),
            () => $"{shown}\n{_cluster.Cluster.LastWords(40)}");
        return shown.State();
    }

    /// <summary>Names, modes, content, and times of what was restored, with whichever restore's id in the names of what was kept.</summary>
    private string Describe()
    {
        StringBuilder text = new();
        foreach (string path in Directory.GetFileSystemEntries(Volume, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            FileInfo file = new(path);
            string content = file.LinkTarget ?? (file.Exists ? File.ReadAllText(path) : "/");
            // A directory that is there keeps its time with skip, which is when something was last made in it.
            bool isRestored = content != "/" && !path.EndsWith("extra", StringComparison.Ordinal) && content is not ("mine" or "mine, too");
            string time = isRestored ? file.LastWriteTimeUtc.ToString("O", CultureInfo.InvariantCulture) : "";
            text.AppendLine(CultureInfo.InvariantCulture, $"{RestoreId().Replace(Path.GetRelativePath(Volume, path), "ID")} {(file.LinkTarget is null ? file.UnixFileMode : default)} {time} {content}");
        }

        return text.ToString();
    }

    [GeneratedRegex("(?<=\\.kb-before-).*$")]
    private static partial Regex RestoreId();
}
