using System.Globalization;
using System.Text;
using K8sBackup.FileTree.Native;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Agent.PodVolumes;

/// <summary>Tells whether something is mounted at a directory.</summary>
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

    // Spaces, tabs, newlines and backslashes are written as octal numbers.
    internal static string PointOf(string line)
    {
        string[] fields = line.Split(' ');
        string text = fields.Length > PointField ? fields[PointField] : "";
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
