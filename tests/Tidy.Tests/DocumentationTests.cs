using System.Text.RegularExpressions;

namespace K8sBackup.Tidy.Tests;

public sealed partial class DocumentationTests
{
    [Fact]
    public void Links_LeadSomewhere()
    {
        List<string> broken = [];
        foreach (string path in SourceTree.Files(".md"))
        {
            string folder = Path.GetDirectoryName(path) ?? "";
            foreach (Match link in Link().Matches(SourceTree.Read(path)))
            {
                string target = link.Groups[1].Value.Split('#')[0];
                bool local = target.Length > 0 && !target.Contains("://", StringComparison.Ordinal);
                if (local && !Path.Exists(Path.Combine(SourceTree.Root, folder, target)))
                {
                    broken.Add($"{path}: {target}");
                }
            }
        }

        Offences.None(broken);
    }

    [Fact]
    public void PublicTypesOfShared_SayWhatTheyAre()
    {
        List<string> silent = [];
        IEnumerable<string> paths = SourceTree.Files(".cs")
            .Where(path => path.StartsWith("shared/", StringComparison.Ordinal) && !path.StartsWith("shared/Grpc/", StringComparison.Ordinal));
        foreach (string path in paths)
        {
            string[] lines = SourceTree.Lines(path);
            for (int i = 0; i < lines.Length; i++)
            {
                if (PublicType().IsMatch(lines[i]) && !IsDocumented(lines, i))
                {
                    silent.Add($"{path}:{i + 1}");
                }
            }
        }

        Offences.None(silent);
    }

    [Fact]
    public void Readme_NamesTheTwoCommands()
    {
        string readme = SourceTree.Read("README.md");
        Assert.Contains("./dev demo", readme, StringComparison.Ordinal);
        Assert.Contains("./dev test", readme, StringComparison.Ordinal);
        Assert.True(SourceTree.Lines("README.md").Length <= 90, "The README fits on one screen and a bit.");
    }

    private static bool IsDocumented(string[] lines, int type)
    {
        int above = type - 1;
        while (above >= 0 && (lines[above].StartsWith('[') || lines[above].StartsWith("    ", StringComparison.Ordinal)))
        {
            above--;
        }

        return above >= 0 && lines[above].StartsWith("///", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^public (?:static |sealed |abstract |partial |readonly |ref |unsafe )*(?:class|struct|record|interface|enum)\s")]
    private static partial Regex PublicType();
}
