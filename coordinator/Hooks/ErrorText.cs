using System.Text;

namespace K8sBackup.Coordinator.Hooks;

/// <summary>What a program in a pod wrote to its standard error, made fit for people's eyes: the last lines, printable and cut.</summary>
internal static class ErrorText
{
    /// <summary>": " and the lines, or nothing when there are none.</summary>
    public static string Shown(string error, int linesMax, int charactersMax)
    {
        string[] lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        StringBuilder shown = new();
        foreach (Rune rune in string.Join(" / ", lines.TakeLast(linesMax)).EnumerateRunes().Take(charactersMax))
        {
            shown.Append(Rune.IsControl(rune) || rune == Rune.ReplacementChar ? new Rune('?') : rune);
        }

        return shown.Length == 0 ? "" : $": {shown}";
    }
}
