using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.ObjectStore.InMemory;
using K8sBackup.Repository;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Writing;

namespace K8sBackup.TestKit.Repositories;

/// <summary>A repository in memory with one backup each of two sources that share nothing, for tests that damage it.</summary>
public sealed class TwoBackups : IDisposable
{
    private const int ChunkBytes = 10_000;
    private const int FileCount = 12;

    private TwoBackups(InMemoryObjectStore store, TestRepository repository, int seed)
    {
        Store = store;
        Repository = repository;
        Files = TestBackup.Files(seed, FileCount);
        OtherFiles = TestBackup.Files(seed + 1, FileCount);
    }

    public InMemoryObjectStore Store { get; }

    public TestRepository Repository { get; }

    public IReadOnlyDictionary<string, byte[]> Files { get; }

    public IReadOnlyDictionary<string, byte[]> OtherFiles { get; }

    /// <summary>Of <see cref="Files"/>.</summary>
    public SnapshotManifest Snapshot { get; private set; } = null!;

    /// <summary>The restore point of <see cref="Snapshot"/>.</summary>
    public RestorePointManifest Point { get; private set; } = null!;

    /// <summary>Of <see cref="OtherFiles"/>.</summary>
    public SnapshotManifest Other { get; private set; } = null!;

    /// <summary>Each backup has a writer of its own.</summary>
    public static async Task<TwoBackups> CreateAsync(int seed)
    {
        InMemoryObjectStore store = new();
        TwoBackups made = new(store, await TestRepository.CreateAsync(store), seed);
        await using (RepositoryWriter writer = await made.Repository.OpenWriterAsync())
        {
            (made.Snapshot, made.Point) = await TestBackup.BackUpAsync(writer, made.Files);
        }

        await using (RepositoryWriter writer = await made.Repository.OpenWriterAsync())
        {
            (made.Other, _) = await TestBackup.BackUpAsync(writer, made.OtherFiles, TestBackup.Source with { Name = "other" });
        }

        return made;
    }

    /// <summary>Name of the pack with the beginning of the first file; the tree came last and is in another one.</summary>
    public async Task<string> FirstPackAsync()
    {
        using OpenRepository repository = await Repository.OpenAsync();
        byte[] content = Files.OrderBy(f => f.Key, StringComparer.Ordinal).First().Value;
        return ObjectNames.Pack(repository.Index.Frame(repository.Locate(ChunkId.Of(content.Chunk(ChunkBytes).First())).Frame).Header.Id);
    }

    /// <summary>Those of <see cref="Files"/> of which a chunk cannot be read, in order.</summary>
    public async Task<List<string>> UnreadableFilesAsync()
    {
        using OpenRepository repository = await Repository.OpenAsync();
        ChunkReader chunks = new(repository, cacheBytes: 0);
        List<string> unreadable = [];
        foreach ((string path, byte[] content) in Files.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            foreach (byte[] chunk in content.Chunk(ChunkBytes))
            {
                try
                {
                    await chunks.ReadAsync(ChunkId.Of(chunk), default);
                }
                catch (RepositoryCorruptException)
                {
                    unreadable.Add(path);
                    break;
                }
            }
        }

        return unreadable;
    }

    public void Dispose() => Repository.Dispose();
}
