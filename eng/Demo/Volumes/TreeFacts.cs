using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using K8sBackup.Demo.Native;
using K8sBackup.Model.Trees;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Demo.Volumes;

/// <summary>
/// Everything a backup must keep about a tree, as one line of text for each object, read with plain system calls so
/// that the comparison owes nothing to the code it judges. Sockets are left out: they are recorded, not restored.
/// </summary>
internal sealed class TreeFacts
{
    private readonly Dictionary<ulong, string> _firstNames = [];
    private readonly SortedDictionary<string, string> _lines = new(StringComparer.Ordinal);

    private TreeFacts()
    {
    }

    /// <summary>Printable path to facts.</summary>
    public IReadOnlyDictionary<string, string> Lines => _lines;

    public long FileBytes { get; private set; }

    /// <summary>Blocks files occupy; far less than <see cref="FileBytes"/> for sparse ones.</summary>
    public long AllocatedBytes { get; private set; }

    public static TreeFacts Read(string root)
    {
        TreeFacts facts = new();
        facts.Visit(Encoding.UTF8.GetBytes(root), []);
        return facts;
    }

    /// <summary>Differences, one sentence each, at most <paramref name="limit"/>; empty when both are the same.</summary>
    public IReadOnlyList<string> DifferencesTo(TreeFacts other, int limit)
    {
        ArgumentNullException.ThrowIfNull(other);
        List<string> differences = [];
        foreach (string path in _lines.Keys.Union(other._lines.Keys).Order(StringComparer.Ordinal))
        {
            string? mine = _lines.GetValueOrDefault(path);
            string? theirs = other._lines.GetValueOrDefault(path);
            if (mine != theirs)
            {
                differences.Add($"{(path.Length == 0 ? "." : path)}: {mine ?? "not there"} | {theirs ?? "not there"}");
            }
        }

        return [.. differences.Take(limit)];
    }

    private void Visit(byte[] path, byte[] relative)
    {
        Stat stat = Posix.GetStat(path);
        if (stat.IsSocket)
        {
            return;
        }

        string name = TreePath.Display(relative);
        _lines[name] = Describe(path, stat, name);
        if (stat.IsDirectory)
        {
            foreach (byte[] child in Posix.List(path))
            {
                Visit([.. path, (byte)'/', .. child], relative.Length == 0 ? child : [.. relative, (byte)'/', .. child]);
            }
        }
    }

    private string Describe(byte[] path, Stat stat, string name)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{stat.Kind} {Convert.ToString(stat.Mode, 8)} {stat.Uid}:{stat.Gid}");
        text.Append(CultureInfo.InvariantCulture, $" {stat.ModifiedSeconds}.{stat.ModifiedNanoseconds:000000000}");
        if (stat.IsFile)
        {
            text.Append(CultureInfo.InvariantCulture, $" {stat.Size} bytes {Content(path, stat, name)}");
        }
        else if (stat.IsSymlink)
        {
            text.Append(" -> ").Append(TreePath.Display(Posix.ReadLink(path)));
        }

        foreach (byte[] attribute in Posix.ListAttributes(path))
        {
            text.Append(' ').Append(TreePath.Display(attribute)).Append('=').Append(Convert.ToHexStringLower(Posix.GetAttribute(path, attribute)));
        }

        return text.ToString();
    }

    private string Content(byte[] path, Stat stat, string name)
    {
        if (stat.Links > 1 && !_firstNames.TryAdd(stat.Inode, name))
        {
            return "same as " + _firstNames[stat.Inode];
        }

        FileBytes += stat.Size;
        AllocatedBytes += stat.AllocatedBytes;
        using SafeFileHandle file = Posix.OpenRead(path);
        using FileStream stream = new(file, FileAccess.Read, bufferSize: 0);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
