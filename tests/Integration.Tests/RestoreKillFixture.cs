namespace K8sBackup.Integration.Tests;

/// <summary>A cluster with a restore point of a small volume.</summary>
public sealed class RestoreKillFixture : IAsyncLifetime
{
    private static readonly DateTime Time = new(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);

    public ClusterFixture Cluster { get; } = new();

    public async Task InitializeAsync()
    {
        await Cluster.InitializeAsync();
        await Cluster.AddWorkerAsync();
        Fill(Cluster.Layout.Volume);
        await Cluster.AddVolumePlanAsync();
        Cluster.AssertCompleted(await Cluster.RunPlanAsync("volume"));
    }

    public Task DisposeAsync() => Cluster.DisposeAsync();

    /// <summary>What is backed up.</summary>
    internal static void Fill(string volume)
    {
        string directory = Directory.CreateDirectory(Path.Combine(volume, "d")).FullName;
        foreach (string path in (string[])[Path.Combine(volume, "a"), Path.Combine(directory, "new"), Path.Combine(directory, "same"), Path.Combine(volume, "z")])
        {
            File.WriteAllText(path, $"content of {Path.GetFileName(path)}");
            File.SetLastWriteTimeUtc(path, Time);
        }

        File.CreateSymbolicLink(Path.Combine(volume, "link"), "d/same");
        Directory.SetLastWriteTimeUtc(directory, Time);
        Directory.SetLastWriteTimeUtc(volume, Time);
    }
}
