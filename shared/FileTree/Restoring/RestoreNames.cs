using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;

namespace K8sBackup.FileTree.Restoring;

/// <summary>The names a restore makes up: temporary ones, the mark of an unfinished directory, and those of kept objects.</summary>
internal sealed class RestoreNames
{
    private const int RandomDigits = 16;

    private static readonly SearchValues<char> _idCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");
    private static readonly SearchValues<byte> _hexDigits = SearchValues.Create("0123456789abcdef"u8);

    private readonly byte[] _prefix;
    private readonly byte[] _suffix;
    private readonly SortableId? _id;
    private readonly IReadOnlyList<string> _running;

    /// <param name="id">Of this restore.</param>
    /// <param name="running">Of the others that are going on.</param>
    public RestoreNames(string id, IReadOnlyList<string>? running = null)
    {
        if (id.Length is 0 or > 64 || id.AsSpan().ContainsAnyExcept(_idCharacters))
        {
            throw new ArgumentException($"Not usable as the id of a restore: '{id}'.", nameof(id));
        }

        _running = running ?? [];
        _id = TimeOf(id);
        _prefix = Encoding.ASCII.GetBytes($".kb-{id}.");
        _suffix = Encoding.ASCII.GetBytes($".kb-before-{id}");
        DirectoryMark = [.. _prefix, .. "directory"u8];
    }

    private static ReadOnlySpan<byte> Start => ".kb-"u8;

    /// <summary>A file in every directory this restore created and has not finished, so that a second run knows it.</summary>
    public byte[] DirectoryMark { get; }

    /// <summary>A new name; random, so that nobody who can write to the directory can take it first.</summary>
    public byte[] Temporary() => [.. _prefix, .. Encoding.ASCII.GetBytes(RandomNumberGenerator.GetHexString(RandomDigits, lowercase: true))];

    /// <summary>
    /// Tells whose a name is. A stale one has the form of ours to the last character, with the id of a restore, which says when that
    /// was begun: before this one. Nothing else is taken for a leftover.
    /// </summary>
    public NameOwner OwnerOf(ReadOnlySpan<byte> name)
    {
        if (!name.StartsWith(Start))
        {
            return NameOwner.Anybody;
        }

        if (name.StartsWith(_prefix))
        {
            return NameOwner.Ours;
        }

        int dot = name.LastIndexOf((byte)'.');
        if (dot < Start.Length || !IsEnding(name[(dot + 1)..]))
        {
            return NameOwner.Anybody;
        }

        string id = Encoding.Latin1.GetString(name[Start.Length..dot]);
        return TimeOf(id) is not { } began ? NameOwner.Anybody
            : _id is { } ours && began < ours && !_running.Contains(id) ? NameOwner.Stale
            : NameOwner.Others;
    }

    /// <summary>True for the mark of an unfinished directory, whoever's.</summary>
    public static bool IsMark(ReadOnlySpan<byte> name) => name.EndsWith(".directory"u8);

    /// <summary>Where what exists under a name is kept; the name is cut when it would become too long.</summary>
    public byte[] Before(ReadOnlySpan<byte> name) =>
        [.. name[..Math.Min(name.Length, TreePath.ComponentBytesMax - _suffix.Length)], .. _suffix];

    private static bool IsEnding(ReadOnlySpan<byte> ending) =>
        ending.SequenceEqual("directory"u8) || (ending.Length == RandomDigits && !ending.ContainsAnyExcept(_hexDigits));

    // The ids that restores of files have: of work, and of rescues.
    private static SortableId? TimeOf(string id) =>
        SortableId.TryParse(id.StartsWith("r-", StringComparison.Ordinal) ? id[2..]
            : id.StartsWith("rescue-", StringComparison.Ordinal) ? id[7..] : null, out SortableId found) ? found : null;
}
