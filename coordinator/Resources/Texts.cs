namespace K8sBackup.Coordinator.Resources;

/// <summary>Texts for objects, within the bounds of their definitions.</summary>
internal static class Texts
{
    /// <summary>Longest sentence in a list of warnings or outcomes.</summary>
    public const int SentenceMax = 1024;

    /// <summary>Most warnings in an object.</summary>
    public const int WarningsMax = 20;

    public static string Cut(string text, int length)
    {
        if (text.Length <= length)
        {
            return text;
        }

        // Not between the halves of a character, which no JSON can carry.
        int end = char.IsHighSurrogate(text[length - 2]) ? length - 2 : length - 1;
        return text[..end] + "…";
    }

    public static IReadOnlyList<string> Warnings(IEnumerable<string> warnings) => [.. warnings.Take(WarningsMax).Select(w => Cut(w, SentenceMax))];
}
