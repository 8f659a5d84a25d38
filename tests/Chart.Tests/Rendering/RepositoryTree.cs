namespace K8sBackup.Chart.Tests.Rendering;

/// <summary>The checked-out tree this test was built from.</summary>
internal static class RepositoryTree
{
    public static string Root { get; } = FindRoot();

    public static string Chart => PathOf("charts/k8s-backup-agent");

    public static string PathOf(string relative) => Path.Combine(Root, relative);

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
