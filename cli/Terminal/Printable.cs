using System.Text;
using K8sBackup.Model.Trees;

namespace K8sBackup.Cli.Terminal;

/// <summary>Text from elsewhere, made harmless: no control sequence of a name or message reaches the terminal.</summary>
internal static class Printable
{
    /// <summary>Escapes as <see cref="TreePath.Display"/> does.</summary>
    public static string Text(string text) => TreePath.Display(Encoding.UTF8.GetBytes(text));

    /// <summary>Several lines of text that keep their line breaks, tabs and backslashes.</summary>
    public static string Lines(string text) => string.Join('\n', text.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n').Select(Line));

    private static string Line(string line) => Text(line)
        .Replace("\\x5c", "\\", StringComparison.Ordinal)
        .Replace("\\x09", "\t", StringComparison.Ordinal);
}
