using System.Text.Json;
using K8sBackup.Demo.Cluster;
using K8sBackup.Demo.Native;
using K8sBackup.Demo.Volumes;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Integration.Tests;

/// <summary>SIGKILL again and again, at moments a seed draws: nothing that was committed is lost, and nobody has to unlock anything.</summary>
public sealed class KillLoopTests
{
    private const int PrunesMax = 8;
    private const int RoundsMin = 5;

    // What a killed one placed is the very same, so the one that renames keeps nothing of it beside the rest.
    private static readonly string[] Policies = ["skip", "overwrite", "rename", "mirror"];

    private static readonly TimeSpan Time = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(1)]
    public async Task Backups_KilledAgainAndAgain_EverythingCommittedRestores(int seed)
    {
        await using ClusterFixture fixture = await ClusterFixture.StartAsync();
        KillLoop loop = await KillLoop.StartAsync(fixture, seed, keepLast: 100);
        string run = await loop.BeginRunAsync();
        do
        {
            await loop.PauseAsync(1500);
            await loop.KillAsync();
            if (await loop.IsOverAsync(run))
            {
                run = await loop.BeginRunAsync();
            }
        }
        while (loop.GoesOnFor(Time));

        await loop.WaitForRunAsync(run);
        await loop.AssertEverythingRestoresAsync(pointsMax: 4);
    }

    [Theory]
    [InlineData(2)]
    public async Task Prunes_KilledAgainAndAgain_KeepWhatIsNeededAndSpaceComesBack(int seed)
    {
        await using ClusterFixture fixture = await ClusterFixture.StartAsync();
        KillLoop loop = await KillLoop.StartAsync(fixture, seed, keepLast: 3);
        for (int round = 1; round <= RoundsMin || loop.GoesOnFor(Time); round++)
        {
            await loop.WaitForRunAsync(await loop.BeginRunAsync());
            await using ChildProcess prune = ChildProcess.Start(Programs.Cli, ["prune", "--yes"], fixture.Cluster.Variables);
            await loop.PauseAsync(1200);
            await loop.KillAsync(onlyCoordinator: true);
            await prune.WaitForExitAsync(Patience);
        }

        await PruneToTheEndAsync(fixture);
        Assert.Equal(3, await fixture.CountPointsAsync());

        // There were some, and all of them have been ended.
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(fixture.Cluster.Store, "tombstones")));
        await loop.AssertEverythingRestoresAsync(pointsMax: 3);
    }

    [Theory]
    [InlineData(3)]
    public async Task Restores_KilledAgainAndAgain_OneThatCompletedIsWholeAndTheNextOneSucceeds(int seed)
    {
        await using ClusterFixture fixture = await ClusterFixture.StartAsync();
        KillLoop loop = await KillLoop.StartAsync(fixture, seed, keepLast: 100);
        await loop.WaitForRunAsync(await loop.BeginRunAsync());
        TreeFacts captured = TreeFacts.Read(fixture.Layout.Volume);
        RawTree.Empty(fixture.Layout.Volume, andItself: false);
        for (int round = 0; loop.GoesOnFor(Time); round++)
        {
            string policy = Policies[round % Policies.Length];
            if (await RestoreAsync(fixture, policy, loop) == "Completed")
            {
                Assert.Empty(captured.DifferencesTo(TreeFacts.Read(fixture.Layout.Volume), 10));
                RawTree.Empty(fixture.Layout.Volume, andItself: false);
            }
        }

        // Onto what the last one left, whole or not: by each policy the same end.
        foreach (string policy in Policies)
        {
            Assert.Equal("Completed", await RestoreAsync(fixture, policy, null));
            Assert.Empty(captured.DifferencesTo(TreeFacts.Read(fixture.Layout.Volume), 10));
        }

        await loop.AssertEverythingRestoresAsync(pointsMax: 1);
    }

    private static async Task<string> RestoreAsync(ClusterFixture fixture, string policy, KillLoop? loop)
    {
        JsonElement restore = await fixture.Cluster.CliJsonAsync("restore", "files", "latest", "volume/data", "--conflicts", policy, "--yes", "--watch", "false");
        if (loop is not null)
        {
            await loop.PauseAsync(1000);
            await loop.KillAsync();
        }

        return await EndOfRestoreAsync(fixture, restore.GetProperty("id").GetString()!);
    }

    // Until a prune finds nothing to do any more.
    private static async Task PruneToTheEndAsync(ClusterFixture fixture)
    {
        for (int i = 1; ; i++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1.5), TimeProvider.System);
            ProcessResult result = await fixture.Cluster.TryCliAsync("prune", "--yes", "--output", "json");
            Assert.True(result.ExitCode == 0, $"prune ended with {result.ExitCode}: {result.StandardOutput}{result.StandardError}");
            JsonElement pruned = JsonDocument.Parse(result.StandardOutput.TrimEnd().Split('\n')[^1]).RootElement.GetProperty("result");
            if (Packs(pruned, "deleted") + Packs(pruned, "condemned") + Packs(pruned, "waiting") == 0)
            {
                return;
            }

            Assert.True(i < PrunesMax, $"after {i} prunes there is still something to do: {pruned}");
        }
    }

    private static long Packs(JsonElement result, string what) =>
        result.GetProperty(what) is { ValueKind: JsonValueKind.Object } tally ? tally.GetProperty("packs").GetInt64() : 0;

    private static async Task<string> EndOfRestoreAsync(ClusterFixture fixture, string id)
    {
        string state = "";
        await fixture.Cluster.WaitForAsync(
            async () => (state = (await fixture.Cluster.CliJsonAsync("restore", "show", id)).State()) is not ("Running" or "Waiting"),
            () => $"restore {id} is {state}\n{fixture.Cluster.LastWords(40)}");
        return state;
    }
}
