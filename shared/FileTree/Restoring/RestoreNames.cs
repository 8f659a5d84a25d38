using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using K8sBackup.Model.Trees;

namespace K8sBackup.FileTree.Restoring;

/// <summary>The names a restore makes up: temporary ones, the mark of an unfinished directory, and those of kept objects.</summary>
internal sealed class RestoreNames
{
    private static readonly SearchValues<char> _idCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    private readonly byte[] _prefix;
    private readonly byte[] _suffix;

    public RestoreNames(string id)
    {
        if (id.Length is 0 or > 64 || id.AsSpan().ContainsAnyExcept(_idCharacters))
        {
            throw new ArgumentException($"Not usable as the id of a restore: '{id}'.", nameof(id));
        }

        _prefix = Encoding.ASCII.GetBytes($".kb-{id}.");
        _suffix = Encoding.ASCII.GetBytes($".kb-before-{id}");
        DirectoryMark = [.. _prefix, .. "directory"u8];
    }

    /// <summary>A file in every directory this restore created and has not finished, so that a second run knows it.</summary>
    public byte[] DirectoryMark { get; }

    /// <summary>A new name; random, so that nobody who can write to the directory can take it first.</summary>
    public byte[] Temporary() => [.. _prefix, .. Encoding.ASCII.GetBytes(RandomNumberGenerator.GetHexString(16, lowercase: true))];

    /// <summary>True for what an earlier run of this restore may have left.</summary>
    public bool IsOurs(ReadOnlySpan<byte> name) => name.StartsWith(_prefix);

    /// <summary>Where what exists under a name is kept; the name is cut when it would become too long.</summary>
    public byte[] Before(ReadOnlySpan<byte> name) =>
        [.. name[..Math.Min(name.Length, TreePath.ComponentBytesMax - _suffix.Length)], .. _suffix];
}
