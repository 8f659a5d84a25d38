using System.Text;
using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Reading;
using K8sBackup.FileTree.Restoring;
using K8sBackup.FileTree.Walking;
using K8sBackup.Model.Trees;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Tests.Support;

/// <summary>A tree in memory, read by the walker or made up, and written by the restorer.</summary>
internal sealed class CapturedTree
{
    public List<(TreeEntry Entry, List<(long Offset, byte[] Data)> Runs)> Items { get; } = [];

    public static CapturedTree Of(string directory)
    {
        CapturedTree tree = new();
        using SafeFileHandle root = DirectoryHandles.OpenRoot(directory);
        using TreeWalker walker = new(root, new WalkOptions());
        while (walker.MoveNext())
        {
            TreeEntry entry = walker.Current with { Attributes = walker.ReadAttributes() };
            tree.Items.Add((entry, entry.Kind == EntryKind.File ? Runs(walker) : []));
        }

        return tree;
    }

    public void Add(TreeEntry entry, string data = "") =>
        Items.Add((
            entry with { Size = entry.Kind == EntryKind.File ? Math.Max(entry.Size, data.Length) : 0 },
            data.Length > 0 ? [(0, Encoding.ASCII.GetBytes(data))] : []));

    public void Add(string path, EntryKind kind, string data = "", string target = "") =>
        Add(new TreeEntry { Path = Encoding.UTF8.GetBytes(path), Kind = kind, Mode = 0x1ed, LinkTarget = Encoding.UTF8.GetBytes(target) }, data);

    public async Task<(List<RestoreResult> Results, RestoreSummary Summary)> RestoreAsync(string directory, RestoreOptions options)
    {
        using SafeFileHandle root = DirectoryHandles.OpenRoot(directory);
        using TreeRestorer restorer = new(root, options);
        List<RestoreResult> results = await PushAsync(restorer, Items.Count);
        return (results, await restorer.CompleteAsync(default));
    }

    /// <summary>Gives the first entries to a restorer.</summary>
    public async Task<List<RestoreResult>> PushAsync(TreeRestorer restorer, int count)
    {
        List<RestoreResult> results = [];
        foreach ((TreeEntry entry, List<(long Offset, byte[] Data)> runs) in Items.Take(count))
        {
            bool wanted = await restorer.BeginEntryAsync(entry, default);
            foreach ((long offset, byte[] data) in runs)
            {
                wanted = wanted && await restorer.WriteAsync(offset, data, default);
            }

            results.Add(await restorer.EndEntryAsync(default));
        }

        return results;
    }

    /// <summary>Everything but inode and change time, which no restore can bring back, as text to compare.</summary>
    public List<string> Describe() => Items.ConvertAll(item =>
    {
        TreeEntry e = item.Entry;
        string attributes = string.Join(' ', e.Attributes.Select(a => $"{Encoding.Latin1.GetString(a.Name)}={Convert.ToHexString(a.Value)}"));
        string data = string.Join(' ', item.Runs.SelectMany(Pieces));
        return $"{TreePath.Display(e.Path)} {e.Kind} {Convert.ToString(e.Mode, 8)} {e.Uid}:{e.Gid} {e.Size} {e.ModifiedAt} {e.Device} {e.Flags} "
            + $"{TreePath.Display(e.LinkTarget)} [{attributes}] {data}";
    });

    private static List<(long, byte[])> Runs(TreeWalker walker)
    {
        using FileReader reader = walker.HoldFile().Open();
        List<(long, byte[])> runs = [];
        for (long at = 0; reader.NextSegment(at, out long start, out long end); at = end)
        {
            byte[] data = new byte[end - start];
            Assert.Equal(data.Length, reader.Read(start, data));
            runs.Add((start, data));
        }

        return runs;
    }

    // Where holes begin depends on the file system; only blocks with something in them are compared.
    private static IEnumerable<string> Pieces((long Offset, byte[] Data) run)
    {
        for (int start = 0; start < run.Data.Length;)
        {
            int length = (int)Math.Min(run.Data.Length - start, 512 - ((run.Offset + start) % 512));
            byte[] piece = run.Data[start..(start + length)];
            if (piece.AsSpan().ContainsAnyExcept((byte)0))
            {
                yield return $"{run.Offset + start}:{Convert.ToHexString(piece).GetHashCode(StringComparison.Ordinal):x}";
            }

            start += length;
        }
    }
}
