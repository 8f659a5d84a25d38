namespace K8sBackup.Chart.Tests.Pods;

/// <summary>Where the built programs are: beside this one in the artifacts directory, of the same configuration.</summary>
internal static class Programs
{
    private static readonly DirectoryInfo _output = new(AppContext.BaseDirectory);

    /// <summary>The directory all of them are in.</summary>
    public static string Folder => _output.Parent!.Parent!.FullName;

    public static string Coordinator => Find("K8sBackup.Coordinator", "k8sbackup-coordinator");

    public static string Agent => Find("K8sBackup.Agent", "k8sbackup-agent");

    public static string Cli => Find("K8sBackup.Cli", "k8sbackup");

    private static string Find(string project, string program)
    {
        string path = Path.Combine(Folder, project, _output.Name, program);
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is missing; build the solution first.");
    }
}
