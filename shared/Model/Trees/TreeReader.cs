using System.Runtime.CompilerServices;
using K8sBackup.Model.Ids;

namespace K8sBackup.Model.Trees;

/// <summary>
/// Reads a tree: whole, from a place on, one directory, one entry. Memory: one block a level. Every block is checked
/// as it is read, so that what comes out is ordered and every entry lies in a directory that came before.
/// </summary>
public sealed class TreeReader
{
    private readonly IChunkSource _chunks;
    private readonly ChunkId _root;
    private readonly Func<TreeLoss, bool>? _passOver;

    /// <param name="chunks">Where blocks come from.</param>
    /// <param name="root">The root block.</param>
    /// <param name="passOver">
    /// Asked about every block that cannot be read: true goes on behind it, as a restore from a damaged store wants; false, or
    /// nobody to ask, ends the reading with the cause. Directories of what follows may then be among what is lost.
    /// </param>
    public TreeReader(IChunkSource chunks, ChunkId root, Func<TreeLoss, bool>? passOver = null)
    {
        _chunks = chunks;
        _root = root;
        _passOver = passOver;
    }

    /// <summary>Every entry in order. Also checks that parents come before what they contain.</summary>
    /// <exception cref="CorruptTreeException">A block is malformed or out of place.</exception>
    public async IAsyncEnumerable<TreeEntry> WalkAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        TreeOrder order = new();
        await foreach (IReadOnlyList<TreeEntry> leaf in LeavesAsync(TreeBound.Start, null, cancellationToken).ConfigureAwait(false))
        {
            foreach (TreeEntry entry in leaf)
            {
                if (order.Accept(entry) is { } refusal)
                {
                    throw new CorruptTreeException(_root, refusal);
                }

                yield return entry;
            }
        }
    }

    /// <summary>The entry at <paramref name="path"/> and everything below it, in order; nothing when there is none.</summary>
    public async IAsyncEnumerable<TreeEntry> WalkAsync(byte[] path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        TreeBound start = new(path, TreeBoundKind.At);
        await foreach (IReadOnlyList<TreeEntry> leaf in LeavesAsync(start, null, cancellationToken).ConfigureAwait(false))
        {
            foreach (TreeEntry entry in leaf)
            {
                if (start.IsAfter(entry.Path))
                {
                    continue;
                }

                if (!TreePath.IsAtOrBelow(entry.Path, path))
                {
                    yield break;
                }

                yield return entry;
            }
        }
    }

    /// <summary>The entry at <paramref name="path"/>, null when there is none. Reads one block a level.</summary>
    public async ValueTask<TreeEntry?> FindAsync(byte[] path, CancellationToken cancellationToken)
    {
        await foreach (TreeEntry entry in WalkAsync(path, cancellationToken).ConfigureAwait(false))
        {
            return entry.Path.AsSpan().SequenceEqual(path) ? entry : null;
        }

        return null;
    }

    /// <summary>
    /// The direct children of a directory in order, after the child at <paramref name="after"/> when it is given.
    /// What lies deeper is stepped over by way of the index, not read.
    /// </summary>
    public async IAsyncEnumerable<TreeEntry> ListAsync(byte[] directory, byte[]? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(directory);
        TreeBound? next = after is null ? new TreeBound(directory, TreeBoundKind.After) : new TreeBound(after, TreeBoundKind.AfterSubtree);
        while (next is { } bound)
        {
            next = null;
            bool progressed = false;
            await foreach (IReadOnlyList<TreeEntry> leaf in LeavesAsync(bound, null, cancellationToken).ConfigureAwait(false))
            {
                foreach (TreeEntry entry in leaf)
                {
                    if (bound.IsAfter(entry.Path))
                    {
                        continue;
                    }

                    if (!TreePath.IsAtOrBelow(entry.Path, directory))
                    {
                        yield break;
                    }

                    // Everything up to the end of this child's subtree is now done with.
                    bound = new TreeBound(entry.Path, TreeBoundKind.AfterSubtree);
                    progressed = true;
                    yield return entry;
                }

                if (progressed && !bound.Path.AsSpan().SequenceEqual(leaf[^1].Path))
                {
                    // The block ended inside a subtree: find its end from the root. Without progress this is the block
                    // that was just looked up, and what follows the subtree is in the next one.
                    next = bound;
                    break;
                }
            }
        }
    }

    /// <summary>Every chunk the tree needs, blocks included; a chunk comes as often as it is used.</summary>
    public async IAsyncEnumerable<ReferencedChunk> ReferencedChunksAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        FileContentReader contents = new(_chunks);
        TreeOrder order = new();
        List<ChunkId> blocks = [];
        await foreach (IReadOnlyList<TreeEntry> leaf in LeavesAsync(TreeBound.Start, blocks, cancellationToken).ConfigureAwait(false))
        {
            foreach (ChunkId block in blocks)
            {
                yield return new ReferencedChunk(block, ChunkUse.TreeBlock, []);
            }

            blocks.Clear();
            foreach (TreeEntry entry in leaf)
            {
                if (order.Accept(entry) is { } refusal)
                {
                    throw new CorruptTreeException(_root, refusal);
                }

                foreach (ChunkId list in entry.Content.ListChunks)
                {
                    yield return new ReferencedChunk(list, ChunkUse.ExtentList, entry.Path);
                }

                foreach (ChunkId digests in entry.Content.PageDigestChunks)
                {
                    yield return new ReferencedChunk(digests, ChunkUse.PageDigests, entry.Path);
                }

                await foreach (Extent extent in contents.ExtentsAsync(entry.Content, entry.Size, cancellationToken).ConfigureAwait(false))
                {
                    yield return new ReferencedChunk(extent.Chunk, ChunkUse.FileData, entry.Path, extent.ChunkOffset + extent.Length);
                }
            }
        }
    }

    // Leaves in order from the one that holds the bound; the caller drops what comes before it in the first leaf.
    private async IAsyncEnumerable<IReadOnlyList<TreeEntry>> LeavesAsync(
        TreeBound from, List<ChunkId>? visited, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Stack<TreeChild> pending = new();
        TreeChild current = new([], _root, 0, 0);
        int expectedLevel = -1;
        Stack<int> levels = new();
        byte[]? lastPath = null;
        while (true)
        {
            if (await ReadBlockAsync(current, expectedLevel, lastPath, cancellationToken).ConfigureAwait(false) is { } block)
            {
                visited?.Add(current.Block);
                if (block.Level == 0)
                {
                    lastPath = block.Entries[^1].Path;
                    yield return block.Entries;
                }
                else
                {
                    PushFrom(block, from, pending, levels);
                }
            }

            if (!pending.TryPop(out TreeChild? next))
            {
                yield break;
            }

            current = next;
            expectedLevel = levels.Pop();
        }
    }

    // Null for a block that is passed over.
    private async ValueTask<TreeBlock?> ReadBlockAsync(TreeChild child, int expectedLevel, byte[]? lastPath, CancellationToken cancellationToken)
    {
        try
        {
            TreeBlock block = TreeBlock.Decode((await _chunks.ReadAsync(child.Block, cancellationToken).ConfigureAwait(false)).Span, child.Block);
            RequirePlace(block, child, expectedLevel, lastPath);
            return block;
        }
        catch (Exception e) when (_passOver?.Invoke(new TreeLoss(child.Block, child.FirstPath, child.Entries, e)) == true)
        {
            return null;
        }
    }

    private static void PushFrom(TreeBlock block, TreeBound from, Stack<TreeChild> pending, Stack<int> levels)
    {
        int first = 0;
        while (first + 1 < block.Children.Count && from.Reaches(block.Children[first + 1].FirstPath))
        {
            first++;
        }

        for (int i = block.Children.Count - 1; i >= first; i--)
        {
            pending.Push(block.Children[i]);
            levels.Push(block.Level - 1);
        }
    }

    private static void RequirePlace(TreeBlock block, TreeChild child, int expectedLevel, byte[]? lastPath)
    {
        bool isRoot = expectedLevel < 0;
        bool inPlace = isRoot || (block.Level == expectedLevel && block.FirstPath.AsSpan().SequenceEqual(child.FirstPath));
        bool ascends = block.Level > 0 || lastPath is null || TreePath.Compare(lastPath, block.FirstPath) < 0;
        if (!inPlace || !ascends)
        {
            throw new CorruptTreeException(child.Block, "it is not the block its parent names");
        }
    }
}
