using System.Globalization;
using System.Text.Json;
using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.DataDir;

/// <summary>What a snap file says, read apart from the writer.</summary>
/// <param name="Index">Log index it stands at.</param>
/// <param name="Term">Term of that index.</param>
/// <param name="Voters">Voting members by its ConfState.</param>
/// <param name="StoreMembers">Members in its v2 store with their peer URLs.</param>
public sealed record SnapContents(
    ulong Index, ulong Term, IReadOnlyList<ulong> Voters, IReadOnlyDictionary<ulong, IReadOnlyList<string>> StoreMembers)
{
    // The v2 store of a server that never used the v2 API is a few KiB; old ones held user data.
    private const long FileBytesMax = 256 << 20;

    /// <summary>Reads and checks a file.</summary>
    /// <exception cref="DataDirException">The file is damaged (<see cref="DataDirFault.FileCorrupt"/>).</exception>
    public static SnapContents Read(string path)
    {
        if (new FileInfo(path).Length > FileBytesMax)
        {
            throw Corrupt(path, "larger than any snap file");
        }

        var file = File.ReadAllBytes(path);
        var message = ProtoFields.Bytes(file, 2);
        if (ProtoFields.Number(file, 1) != Crc32C.Append(0, message))
        {
            throw Corrupt(path, "the checksum does not hold");
        }

        var metadata = ProtoFields.Bytes(message, 2);
        return new SnapContents(
            ProtoFields.Number(metadata, 2),
            ProtoFields.Number(metadata, 3),
            ProtoFields.Numbers(ProtoFields.Bytes(metadata, 1), 1),
            ReadMembers(path, ProtoFields.Bytes(message, 1)));
    }

    private static Dictionary<ulong, IReadOnlyList<string>> ReadMembers(string path, ReadOnlySpan<byte> store)
    {
        try
        {
            var members = new Dictionary<ulong, IReadOnlyList<string>>();
            using var document = JsonDocument.Parse(store.ToArray());
            var list = document.RootElement
                .GetProperty("Root").GetProperty("Children").GetProperty("0")
                .GetProperty("Children").GetProperty("members").GetProperty("Children");
            foreach (var member in list.EnumerateObject())
            {
                var attributes = member.Value.GetProperty("Children").GetProperty("raftAttributes").GetProperty("Value").GetString();
                using var parsed = JsonDocument.Parse(attributes ?? string.Empty);
                members[ulong.Parse(member.Name, NumberStyles.HexNumber, CultureInfo.InvariantCulture)] =
                    [.. parsed.RootElement.GetProperty("peerURLs").EnumerateArray().Select(url => url.GetString() ?? string.Empty)];
            }

            return members;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new DataDirException(DataDirFault.FileCorrupt, $"{Path.GetFileName(path)}: no membership in the v2 store", e);
        }
    }

    private static DataDirException Corrupt(string path, string reason) =>
        new(DataDirFault.FileCorrupt, $"{Path.GetFileName(path)}: {reason}");
}
