using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.ObjectStore;
using K8sBackup.ObjectStore.InMemory;
using K8sBackup.ObjectStore.Local;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.Repositories;
using K8sBackup.TestKit.Time;

namespace K8sBackup.Bench.Memory;

/// <summary>Fills a repository with restore points, one an hour back from now, all of one small snapshot.</summary>
internal static class ManyPoints
{
    /// <summary>Adds so many restore points of a plan to the repository in a directory.</summary>
    public static async Task AddAsync(string store, string keyFile, string plan, int points, TimeProvider clock, CancellationToken cancellationToken)
    {
        // Made in memory and written without syncs: they take longer than everything that is measured.
        LocalObjectStore disk = LocalObjectStore.Open(store);
        InMemoryObjectStore memory = new();
        HashSet<string> before = [];
        await foreach (ObjectInfo info in disk.ListAsync("", cancellationToken))
        {
            before.Add(info.Name);
            await memory.PutIfAbsentAsync(info.Name, await disk.GetAsync(info.Name, (int)info.Length, cancellationToken), cancellationToken);
        }

        using KeyFile key = KeyFile.Read(keyFile);
        using MasterKeys keys = await new KeySlots(memory, clock).UnlockAsync(key, cancellationToken);
        await WriteAsync(memory, keys, plan, points, clock, cancellationToken);
        await foreach (ObjectInfo info in memory.ListAsync("", cancellationToken))
        {
            if (before.Add(info.Name))
            {
                string path = Path.Combine(store, info.Name);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                await File.WriteAllBytesAsync(path, await memory.GetAsync(info.Name, (int)info.Length, cancellationToken), cancellationToken);
            }
        }
    }

    private static async Task WriteAsync(
        InMemoryObjectStore store, MasterKeys keys, string plan, int points, TimeProvider clock, CancellationToken cancellationToken)
    {
        await using RepositoryWriter writer = await RepositoryWriter.OpenAsync(store, keys, new RepositoryWriterOptions(), clock, cancellationToken);
        using WriterSession session = writer.BeginUpload();
        SnapshotManifest snapshot = await TestBackup.UploadAsync(writer, TestBackup.Files(1, 1, 100), TestBackup.Source, clock);
        await writer.CommitSnapshotAsync(snapshot, session, cancellationToken);
        DateTimeOffset now = clock.GetUtcNow();
        for (int i = points; i > 0; i--)
        {
            ManualTimeProvider then = new(now - TimeSpan.FromHours(i));
            RestorePointManifest point = TestBackup.RestorePointOf(snapshot, then) with
            {
                Plan = plan,
                Run = RunId.Create(then),
                Sequence = await writer.NextSequenceAsync(cancellationToken),
            };
            await writer.CommitRestorePointAsync(point, cancellationToken);
        }
    }
}
