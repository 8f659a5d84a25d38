using System.Text.RegularExpressions;

namespace K8sBackup.Tidy.Tests;

public sealed partial class BannedTests
{
    // The rules themselves, and what must quote them.
    private static readonly string[] _exempt = ["tests/Tidy.Tests/", "shared/Grpc/"];

    // Programs for people write to the terminal; so do the demo and the benchmark.
    private static readonly string[] _consoles = ["cli/", "eng/Demo/", "bench/"];

    [Fact]
    public void Source_UsesNoBannedSymbol()
    {
        (Regex Pattern, string Reason)[] rules = [.. SourceTree.Lines("eng/BannedSymbols.txt")
            .Where(line => line.Contains(" :: ", StringComparison.Ordinal))
            .Select(line => line.Split(" :: ", 2))
            .Select(parts => (new Regex(parts[0]), parts[1]))];
        Assert.NotEmpty(rules);

        List<string> found = [];
        foreach (string path in SourceTree.Files(".cs").Where(path => !_exempt.Any(e => path.StartsWith(e, StringComparison.Ordinal))))
        {
            bool mayWrite = _consoles.Any(c => path.StartsWith(c, StringComparison.Ordinal)) || SourceTree.IsTest(path);
            string[] lines = SourceTree.Lines(path);
            for (int i = 0; i < lines.Length; i++)
            {
                string? broken = rules
                    .Where(rule => !(mayWrite && rule.Pattern.ToString().Contains("Console", StringComparison.Ordinal)))
                    .Where(rule => rule.Pattern.IsMatch(lines[i]))
                    .Select(rule => rule.Reason)
                    .FirstOrDefault();
                if (broken is not null)
                {
                    found.Add($"{path}:{i + 1}: {broken}");
                }
            }
        }

        Offences.None(found);
    }

    [Fact]
    public void Logging_GoesThroughLogClasses()
    {
        Offences.None(SourceTree.Files(".cs")
            .Where(path => !SourceTree.IsTest(path))
            .Where(path => DirectLogging().IsMatch(SourceTree.Read(path))));
    }

    [Fact]
    public void EventIds_AreUsedOnce()
    {
        Offences.None(SourceTree.Files(".cs")
            .Where(path => !SourceTree.IsTest(path))
            .SelectMany(path => EventId().Matches(SourceTree.Read(path)).Select(match => (Program: path.Split('/')[0], Id: match.Groups[1].Value, path)))
            .GroupBy(use => (use.Program, use.Id))
            .Where(uses => uses.Count() > 1)
            .Select(uses => $"{uses.Key.Id}: {string.Join(", ", uses.Select(use => use.path))}"));
    }

    [GeneratedRegex(@"\.Log(Trace|Debug|Information|Warning|Error|Critical)\(")]
    private static partial Regex DirectLogging();

    [GeneratedRegex(@"\[LoggerMessage\(\s*(?:EventId\s*=\s*)?(\d+)")]
    private static partial Regex EventId();
}
