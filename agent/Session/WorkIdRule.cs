namespace K8sBackup.Agent.Session;

/// <summary>
/// Which work ids are taken. They become names of files and of temporary objects beside restored ones, so they are short
/// and made of lower-case letters, digits and '-' only; how they are derived is the coordinator's business.
/// </summary>
internal static class WorkIdRule
{
    private const int LengthMax = 64;

    public static bool IsValid(string id) =>
        id.Length is > 0 and <= LengthMax
        && id[0] != '-'
        && id.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
