using System.Security.Cryptography;
using System.Text;

namespace K8sBackup.Cli.Inside;

/// <summary>
/// The file of a key, below an export's directory: the key's own segments, so that no two keys share a file, with every
/// byte escaped (%XX) that could make a path of it or a name a file system refuses.
/// </summary>
internal static class ExportPath
{
    // With an ending and the escapes of a cut name still below NAME_MAX.
    private const int SegmentMax = 200;
    private static readonly string[] Endings = [".yaml", ".stored"];

    /// <summary>Relative, without an ending.</summary>
    public static string Of(ReadOnlySpan<byte> key)
    {
        List<string> segments = [];
        ReadOnlySpan<byte> rest = key.StartsWith("/"u8) ? key[1..] : key;
        // A key that begins with a slash and one that does not are two keys.
        segments.AddRange(key.StartsWith("/"u8) ? [] : ["%"]);
        foreach (Range range in rest.Split((byte)'/'))
        {
            segments.Add(Segment(rest[range]));
        }

        // A directory must not look like the file of another key.
        for (int i = 0; i < segments.Count - 1; i++)
        {
            string ending = Array.Find(Endings, e => segments[i].EndsWith(e, StringComparison.Ordinal)) ?? "";
            segments[i] = ending.Length > 0 ? segments[i][..^ending.Length] + "%2e" + ending[1..] : segments[i];
        }

        return string.Join('/', segments);
    }

    private static string Segment(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new();
        foreach (byte b in bytes)
        {
            bool plain = char.IsAsciiLetterOrDigit((char)b) || b is (byte)'-' or (byte)'_' or (byte)':' || (b == (byte)'.' && text.Length > 0);
            text.Append(plain ? ((char)b).ToString() : $"%{b:x2}");
        }

        if (text.Length == 0)
        {
            return "%";
        }

        return text.Length <= SegmentMax ? text.ToString() : $"{text.ToString(0, SegmentMax - 66).TrimEnd('%')}%~{Convert.ToHexStringLower(SHA256.HashData(bytes))}";
    }
}
