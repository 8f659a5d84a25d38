using System.Globalization;
using System.Text;
using K8sBackup.FileTree.Native;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Agent.PodVolumes;

/// <summary>Tells whether something is mounted at a directory, and what.</summary>
internal static class MountTable
{
    private const string Table = "/proc/self/mountinfo";

    // mountinfo(5): the fifth field.
    private const int PointField = 4;

    /// <summary>
    /// True when the directory is the root of a mount: another mount than that of the directory it lies in. Where the kernel does not
    /// tell mounts of one file system apart (before Linux 5.8), its table of mounts is asked.
    /// </summary>
    public static bool IsMountPoint(SafeFileHandle parent, SafeFileHandle directory) =>
        Metadata.Status(parent).Mount != Metadata.Status(directory).Mount || Names(PathOf(directory));

    private static bool Names(string? path) => path is not null && File.ReadLines(Table).Any(line => PointOf(line) == path);

    /// <summary>File system and source of what is mounted at a directory, <c>nfs4</c> and <c>server:/export</c> for example; null when the table does not tell.</summary>
    public static (string FileSystem, string Source)? Find(SafeFileHandle directory) =>
        Find([.. File.ReadLines(Table)], Metadata.Status(directory).Mount, PathOf(directory));

    /// <summary>The same by the lines of the table: by the mount's number, and before Linux 5.8, where nothing tells it, by the path.</summary>
    internal static (string FileSystem, string Source)? Find(IReadOnlyList<string> lines, ulong mount, string? path)
    {
        string? line = lines.FirstOrDefault(l => l.StartsWith(string.Create(CultureInfo.InvariantCulture, $"{mount} "), StringComparison.Ordinal))
            ?? lines.LastOrDefault(l => path is not null && PointOf(l) == path);
        // After the optional fields and a hyphen: type, source, options.
        string[] fields = line is null ? [] : line[(line.IndexOf(" - ", StringComparison.Ordinal) + 3)..].Split(' ');
        return fields.Length >= 2 ? (fields[0], Unescaped(fields[1])) : null;
    }

    internal static string PointOf(string line)
    {
        string[] fields = line.Split(' ');
        return fields.Length > PointField ? Unescaped(fields[PointField]) : "";
    }

    // Spaces, tabs, newlines and backslashes are written as octal numbers.
    private static string Unescaped(string text)
    {
        StringBuilder point = new();
        for (int i = 0; i < text.Length; i++)
        {
            bool escaped = text[i] == '\\' && i + 3 < text.Length && text.AsSpan(i + 1, 3).IndexOfAnyExceptInRange('0', '7') < 0;
            point.Append(escaped ? (char)Convert.ToInt32(text.Substring(i + 1, 3), 8) : text[i]);
            i += escaped ? 3 : 0;
        }

        return point.ToString();
    }

    private static string? PathOf(SafeFileHandle directory) =>
        new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{directory.DangerousGetHandle()}")).LinkTarget;
}
