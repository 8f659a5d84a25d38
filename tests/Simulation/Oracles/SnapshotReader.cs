using System.Text;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Trees;
using K8sBackup.Repository.Reading;

namespace K8sBackup.Simulation.Oracles;

/// <summary>Reads snapshots back and compares them byte by byte.</summary>
internal static class SnapshotReader
{
    /// <summary>The chunks a snapshot lists; through a store that answers at once only.</summary>
    public static HashSet<ChunkId> ChunksOf(OpenRepository repository, SnapshotManifest manifest)
    {
        return ReadAsync().GetAwaiter().GetResult();

        async Task<HashSet<ChunkId>> ReadAsync()
        {
            HashSet<ChunkId> ids = [];
            await foreach (ChunkId id in ChunkListReader.ReadAsync(new ChunkReader(repository), manifest, CancellationToken.None))
            {
                ids.Add(id);
            }

            return ids;
        }
    }

    /// <summary>The snapshot is exactly those files; through a store that answers at once only.</summary>
    public static void RequireContent(OpenRepository repository, SnapshotManifest manifest, IReadOnlyDictionary<string, byte[]> files) =>
        RequireContentAsync(new ChunkReader(repository), manifest, files).GetAwaiter().GetResult();

    /// <exception cref="SimulationException">I5: what was read is not what was backed up.</exception>
    public static async Task RequireContentAsync(IChunkSource chunks, SnapshotManifest manifest, IReadOnlyDictionary<string, byte[]> files)
    {
        FileContentReader contents = new(chunks);
        Dictionary<string, byte[]> found = new(StringComparer.Ordinal);
        await foreach (TreeEntry entry in new TreeReader(chunks, manifest.Root).WalkAsync(CancellationToken.None))
        {
            if (entry.Kind != EntryKind.File)
            {
                continue;
            }

            byte[] content = new byte[entry.Size];
            await foreach (Extent extent in contents.ExtentsAsync(entry.Content, entry.Size, CancellationToken.None))
            {
                ReadOnlyMemory<byte> chunk = await chunks.ReadAsync(extent.Chunk, CancellationToken.None);
                chunk.Slice(extent.ChunkOffset, extent.Length).CopyTo(content.AsMemory((int)extent.FileOffset));
            }

            found[Encoding.UTF8.GetString(entry.Path)] = content;
        }

        RequireSame(manifest, found, files);
    }

    /// <exception cref="SimulationException">I5: the two differ.</exception>
    public static void RequireSame(SnapshotManifest manifest, IReadOnlyDictionary<string, byte[]> found, IReadOnlyDictionary<string, byte[]> files)
    {
        string? wrong = files.Keys.Union(found.Keys).Order(StringComparer.Ordinal)
            .FirstOrDefault(path => !files.TryGetValue(path, out byte[]? expected)
                || !found.TryGetValue(path, out byte[]? content)
                || !expected.AsSpan().SequenceEqual(content));
        if (wrong is not null)
        {
            throw new SimulationException("I5", $"snapshot {manifest.Id} gives another content of '{wrong}' than was backed up, and no error");
        }
    }
}
