namespace K8sBackup.Chart.Tests.Rendering;

/// <summary>The files in <c>values</c>, which stand for the installations people make.</summary>
internal static class ValueSets
{
    public static IReadOnlyList<string> Names { get; } = [.. Directory.EnumerateFiles(RepositoryTree.PathOf("tests/Chart.Tests/values"), "*.yaml")
        .Select(path => Path.GetFileNameWithoutExtension(path))
        .Order(StringComparer.Ordinal)];

    /// <summary>Every set.</summary>
    public static TheoryData<string> All => [.. Names];

    /// <summary>Every set with every Helm.</summary>
    public static TheoryData<string, string> AllWithEachHelm
    {
        get
        {
            TheoryData<string, string> rows = [];
            foreach (string name in Names)
            {
                foreach (Helm helm in Helm.All)
                {
                    rows.Add(name, helm.Major);
                }
            }

            return rows;
        }
    }

    public static string PathOf(string name) => RepositoryTree.PathOf($"tests/Chart.Tests/values/{name}.yaml");
}
