namespace K8sBackup.Tidy.Tests;

/// <summary>The checked-out tree this test was built from.</summary>
internal static class SourceTree
{
    private static readonly string[] _generated = ["artifacts", "obj", "bin", ".git", "node_modules"];

    public static string Root { get; } = FindRoot();

    /// <summary>Files with the given extension, as paths relative to the root with forward slashes.</summary>
    public static IEnumerable<string> Files(string extension) =>
        Directory.EnumerateFiles(Root, "*" + extension, SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path))
            .Where(path => !path.Split('/').Any(_generated.Contains))
            .Order(StringComparer.Ordinal);

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    public static string[] Lines(string path) => File.ReadAllLines(Path.Combine(Root, path));

    public static bool IsTest(string path) => path.StartsWith("tests/", StringComparison.Ordinal);

    private static string FindRoot()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "K8sBackupAgent.sln")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName ?? throw new InvalidOperationException("The solution file is not above the test's output.");
    }
}
