using System.Text.Json;
using K8sBackup.Etcd.Files;

namespace K8sBackup.Etcd.DataDir;

/// <summary>The journal of one swap: its phase and every rename, written before the first of them.</summary>
/// <param name="Id">Id of the restore.</param>
/// <param name="Phase">How far it is.</param>
/// <param name="Moves">The renames in forward order.</param>
internal sealed record SwapJournal(string Id, SwapPhase Phase, IReadOnlyList<SwapMove> Moves)
{
    private const string Prefix = ".kb-swap-";
    private const string Suffix = ".json";
    private const long FileBytesMax = 4 << 20;

    /// <summary>True while the data-dir is neither wholly old nor wholly new.</summary>
    public bool IsUnfinished => Phase is SwapPhase.SwappingIn or SwapPhase.RollingBack;

    public static string PathOf(string dataDirectory, string id) => Path.Combine(dataDirectory, Prefix + id + Suffix);

    /// <summary>Ids of all swaps journalled in a data-dir; none when it is not there, as on a machine that is new.</summary>
    public static IEnumerable<string> ListIds(string dataDirectory) => Directory.Exists(dataDirectory)
        ? Directory.EnumerateFiles(dataDirectory, Prefix + "*" + Suffix).Select(path => Path.GetFileName(path)[Prefix.Length..^Suffix.Length])
        : [];

    public static SwapJournal? TryRead(string dataDirectory, string id)
    {
        var path = PathOf(dataDirectory, id);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            var journal = new FileInfo(path).Length <= FileBytesMax
                ? JsonSerializer.Deserialize<SwapJournal>(File.ReadAllBytes(path))
                : null;
            return journal is { Moves: not null } && journal.Id == id && Enum.IsDefined(journal.Phase) && journal.Moves.All(IsInside)
                ? journal
                : throw new DataDirException(DataDirFault.JournalUnusable, $"{path} is not the journal of swap {id}");
        }
        catch (JsonException e)
        {
            throw new DataDirException(DataDirFault.JournalUnusable, $"{path} is not readable", e);
        }
    }

    /// <summary>Replaces the journal on disk, whole or not at all.</summary>
    public void Write(string dataDirectory)
    {
        var path = PathOf(dataDirectory, Id);
        var temporary = path + ".tmp";
        File.Delete(temporary);
        using (var handle = PosixFile.CreateNew(temporary))
        {
            RandomAccess.Write(handle, JsonSerializer.SerializeToUtf8Bytes(this), 0);
            PosixFile.Sync(handle);
        }

        PosixFile.Rename(temporary, path);
        PosixFile.SyncDirectory(dataDirectory);
    }

    // A journal written by somebody else must not move files elsewhere on the host.
    private static bool IsInside(SwapMove move) => IsInside(move.From) && IsInside(move.To);

    private static bool IsInside(string name) =>
        name.Length > 0 && !Path.IsPathRooted(name) && !name.Split('/').Contains("..", StringComparer.Ordinal);
}
