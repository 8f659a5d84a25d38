using System.Globalization;
using System.Text;
using Google.Protobuf;
using K8sBackup.Model.Outcomes;
using K8sBackup.Model.Trees;

namespace K8sBackup.Cli.Commands;

/// <summary>
/// Paths as typed or as <c>ls</c> printed them: UTF-8, with <c>\xNN</c> for any byte (a backslash is <c>\x5c</c>).
/// Leading and trailing slashes are ignored: paths are meant from the root of the source.
/// </summary>
internal static class PathArgument
{
    public static ByteString Parse(string text)
    {
        ReadOnlySpan<byte> path = Bytes(text).AsSpan().Trim((byte)'/');
        if (path.SequenceEqual("."u8))
        {
            path = [];
        }

        return TreePath.IsValid(path)
            ? ByteString.CopyFrom(path)
            : throw new BackupException(
                FailureCause.InvalidRequest,
                $"'{TreePath.Display(path)}' cannot be a path in a source: no empty, '.' or '..' parts, and no part over {TreePath.ComponentBytesMax} bytes.");
    }

    /// <summary>The bytes a text stands for.</summary>
    public static byte[] Bytes(string text)
    {
        List<byte> bytes = [];
        for (int i = 0; i < text.Length;)
        {
            if (IsEscape(text, i, out byte value))
            {
                bytes.Add(value);
                i += 4;
                continue;
            }

            int length = i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]) ? 2 : 1;
            bytes.AddRange(Encoding.UTF8.GetBytes(text.Substring(i, length)));
            i += length;
        }

        return [.. bytes];
    }

    private static bool IsEscape(string text, int start, out byte value)
    {
        value = 0;
        return start + 4 <= text.Length
            && text.AsSpan(start, 2).SequenceEqual("\\x")
            && byte.TryParse(text.AsSpan(start + 2, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}
