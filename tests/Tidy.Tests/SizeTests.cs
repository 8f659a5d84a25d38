using System.Text.RegularExpressions;

namespace K8sBackup.Tidy.Tests;

public sealed partial class SizeTests
{
    private const int SourceLinesMax = 300;
    private const int TestLinesMax = 600;
    private const int FunctionLinesMax = 70;

    [Fact]
    public void Files_AreWithinTheirLimit()
    {
        IEnumerable<string> tooLong = SourceTree.Files(".cs")
            .Select(path => (path, lines: SourceTree.Lines(path).Length, limit: SourceTree.IsTest(path) ? TestLinesMax : SourceLinesMax))
            .Where(file => file.lines > file.limit)
            .Select(file => $"{file.path}: {file.lines} lines, limit {file.limit}");
        Offences.None(tooLong);
    }

    [Fact]
    public void Functions_AreWithinTheirLimit()
    {
        Offences.None(SourceTree.Files(".cs").SelectMany(LongFunctions));
    }

    // A body of a member starts at an opening brace indented by four (members of a type) or eight (members of a
    // nested type) and ends at the closing brace of the same indentation; the formatter guarantees that shape.
    private static IEnumerable<string> LongFunctions(string path)
    {
        string[] lines = SourceTree.Lines(path);
        for (int start = 1; start < lines.Length; start++)
        {
            Match open = OpeningBrace().Match(lines[start]);
            if (!open.Success || TypeDeclaration().IsMatch(lines[start - 1]) || !LooksLikeMember(lines, start))
            {
                continue;
            }

            int end = Array.FindIndex(lines, start, line => line.StartsWith(open.Groups[1].Value + "}", StringComparison.Ordinal));
            if (end - start - 1 > FunctionLinesMax)
            {
                yield return $"{path}:{start}: a function of {end - start - 1} lines, limit {FunctionLinesMax}";
            }
        }
    }

    private static bool LooksLikeMember(string[] lines, int start)
    {
        for (int i = start - 1; i >= 0 && lines[i].Trim().Length > 0; i--)
        {
            if (TypeDeclaration().IsMatch(lines[i]))
            {
                return false;
            }

            if (lines[i].Contains('(', StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    [GeneratedRegex(@"^( {4}| {8})\{\s*$")]
    private static partial Regex OpeningBrace();

    [GeneratedRegex(@"\b(class|struct|record|interface|enum)\s+\w+")]
    private static partial Regex TypeDeclaration();
}
