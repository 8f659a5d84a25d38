using System.Text;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Trees;
using K8sBackup.Repository.Checking;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Repository.Tests.Checking;

/// <summary>Snapshots whose parts are all there and contradict each other: what a defect of a writer would leave.</summary>
public sealed class SnapshotConsistencyTests
{
    [Fact]
    public async Task Check_TreeNeedsAChunkTheListLacks_NamesSnapshotAndFile()
    {
        using TestRepository repository = await TestRepository.CreateAsync();
        byte[] content = new byte[3_000];
        await using (RepositoryWriter writer = await repository.OpenWriterAsync())
        {
            ChunkId data = await writer.AddAsync(content, default);
            await CommitAsync(writer, new Extent(0, data, 0, content.Length), content.Length, []);
        }

        CheckProblem problem = Assert.Single((await RepositoryCheck.RunAsync(repository.Store, repository.Keys)).Problems);

        Assert.StartsWith("snapshots/", problem.ObjectName, StringComparison.Ordinal);
        Assert.Equal(RepositoryDamage.Inconsistent, problem.Damage);
        Assert.Contains("chunk list lacks", problem.Detail, StringComparison.Ordinal);
        Assert.EndsWith(": file", Assert.Single(problem.Paths), StringComparison.Ordinal);
        Assert.Single(problem.RestorePoints);
    }

    [Fact]
    public async Task Check_ExtentBeyondItsChunk_NamesSnapshotAndFile()
    {
        using TestRepository repository = await TestRepository.CreateAsync();
        await using (RepositoryWriter writer = await repository.OpenWriterAsync())
        {
            ChunkId data = await writer.AddAsync(new byte[1_000], default);
            await CommitAsync(writer, new Extent(0, data, 500, 501), 501, [data]);
        }

        CheckProblem problem = Assert.Single((await RepositoryCheck.RunAsync(repository.Store, repository.Keys)).Problems);

        Assert.Contains("takes 1001 bytes", problem.Detail, StringComparison.Ordinal);
        Assert.Single(problem.Paths);
    }

    private static async Task CommitAsync(RepositoryWriter writer, Extent extent, long size, IReadOnlyList<ChunkId> listed)
    {
        using ChunkListBuilder list = new();
        list.Add([.. listed]);
        Sink sink = new(writer, list);
        TreeWriter tree = new(sink);
        await tree.AddAsync(new TreeEntry { Path = [], Kind = EntryKind.Directory }, default);
        await tree.AddAsync(
            new TreeEntry
            {
                Path = Encoding.UTF8.GetBytes("file"),
                Kind = EntryKind.File,
                Size = size,
                Content = new FileContent { Inline = [extent] },
            },
            default);
        TreeRoot root = await tree.FinishAsync(default);
        ChunkList chunks = await list.FinishAsync(writer, default);
        SnapshotManifest snapshot = new()
        {
            Id = SnapshotId.Create(TimeProvider.System),
            Cluster = "test",
            Source = TestBackup.Source,
            Run = RunId.Create(TimeProvider.System),
            Plan = "plan",
            StartedAt = TimeProvider.System.GetUtcNow(),
            FinishedAt = TimeProvider.System.GetUtcNow(),
            Root = root.Block,
            ChunkList = chunks.Chunks,
            Chunks = chunks.Count,
            Counts = new SnapshotCounts { Entries = 2, Files = 1, FileBytes = size },
            Outcome = SnapshotOutcome.Completed,
        };
        await writer.CommitSnapshotAsync(snapshot, default);
        await writer.CommitRestorePointAsync(TestBackup.RestorePointOf(snapshot, TimeProvider.System), default);
    }

    private sealed class Sink(RepositoryWriter writer, ChunkListBuilder list) : IChunkSink
    {
        public async ValueTask<ChunkId> AddAsync(ReadOnlyMemory<byte> plaintext, CancellationToken cancellationToken)
        {
            ChunkId id = await writer.AddAsync(plaintext, cancellationToken);
            list.Add(id);
            return id;
        }
    }
}
