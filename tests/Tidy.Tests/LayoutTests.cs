using System.Text.RegularExpressions;

namespace K8sBackup.Tidy.Tests;

public sealed partial class LayoutTests
{
    // shared/Grpc is a stand-in for the official packages and bears their names (DESIGN, dependencies).
    private const string GrpcRuntime = "shared/Grpc/";

    [Fact]
    public void Files_HoldOneTopLevelTypeNamedLikeTheFile()
    {
        List<string> wrong = [];
        foreach (string path in SourceTree.Files(".cs").Where(path => !path.StartsWith(GrpcRuntime, StringComparison.Ordinal)))
        {
            string[] types = [.. SourceTree.Lines(path)
                .Select(line => TopLevelType().Match(line))
                .Where(match => match.Success)
                .Select(match => match.Groups[2].Value)
                .Distinct()];
            string expected = Path.GetFileNameWithoutExtension(path).Split('.')[0];
            if (types.Length > 1 || (types.Length == 1 && types[0] != expected))
            {
                wrong.Add($"{path}: {string.Join(", ", types)}");
            }
        }

        Offences.None(wrong);
    }

    [Fact]
    public void Namespaces_FollowTheFolders()
    {
        List<string> wrong = [];
        foreach (string path in SourceTree.Files(".cs").Where(path => !path.StartsWith(GrpcRuntime, StringComparison.Ordinal)))
        {
            Match declared = NamespaceDeclaration().Match(SourceTree.Read(path));
            string expected = ExpectedNamespace(path);
            if (declared.Success && declared.Groups[1].Value != expected)
            {
                wrong.Add($"{path}: {declared.Groups[1].Value}, expected {expected}");
            }
        }

        Offences.None(wrong);
    }

    [Fact]
    public void Folders_AreNamedForCapabilities()
    {
        string[] kinds = ["Interfaces", "Helpers", "Utils", "Utilities", "Models", "Common", "Misc", "Extensions"];
        Offences.None(SourceTree.Files(".cs").Where(path => path.Split('/')[..^1].Any(kinds.Contains)));
    }

    private static string ExpectedNamespace(string path)
    {
        string[] folders = path.Split('/')[..^1];
        IEnumerable<string> parts = folders[0] switch
        {
            "shared" => folders.Skip(1),
            "agent" => ["Agent", .. folders.Skip(1)],
            "coordinator" => ["Coordinator", .. folders.Skip(1)],
            "cli" => ["Cli", .. folders.Skip(1)],
            "bench" => ["Bench", .. folders.Skip(1)],
            "eng" => folders.Skip(1),
            "tests" => folders.Skip(1),
            _ => folders,
        };
        return string.Join('.', (string[])["K8sBackup", .. parts]);
    }

    [GeneratedRegex(@"^(?:public |internal |file )?(?:static |sealed |abstract |partial |readonly |ref |unsafe )*(class|struct|record struct|record class|record|interface|enum)\s+(\w+)")]
    private static partial Regex TopLevelType();

    [GeneratedRegex(@"^namespace\s+([\w.]+)\s*;", RegexOptions.Multiline)]
    private static partial Regex NamespaceDeclaration();
}
