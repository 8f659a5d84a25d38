using K8sBackup.ObjectStore;
using K8sBackup.ObjectStore.Local;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Simulation.Local;

/// <summary>
/// No simulation: one backup and one prune of a repository in a directory, by the real store and clock, for who kills this process in its system
/// calls. It is here because of the single thread, which makes the n-th call the same one each time.
/// </summary>
internal static class LocalBackup
{
    /// <summary>The first word of its command line; directory, key file and seed follow.</summary>
    public const string Verb = "local-backup";

    /// <summary>0, or 1 after the store failed, which is then told.</summary>
    public static async Task<int> RunAsync(string directory, string keyFile, int seed, TimeProvider clock)
    {
        try
        {
            await BackUpAsync(directory, keyFile, seed, clock);
            return 0;
        }
        catch (Exception e) when (e is ObjectStoreException or WriterFailedException)
        {
            await Console.Error.WriteLineAsync(e.ToString());
            return 1;
        }
    }

    private static async Task BackUpAsync(string directory, string keyFile, int seed, TimeProvider clock)
    {
        LocalObjectStore store = LocalObjectStore.Open(directory);
        using KeyFile key = KeyFile.Read(keyFile);
        using MasterKeys keys = await new KeySlots(store, clock).UnlockAsync(key, CancellationToken.None);
        RepositoryWriterOptions options = new() { PackTargetBytes = RepositoryWriterOptions.PackTargetBytesMin };
        await using RepositoryWriter writer = await RepositoryWriter.OpenAsync(store, keys, options, clock, CancellationToken.None);
        await BackupAndPrune.RunAsync(writer, seed, clock);
    }
}
