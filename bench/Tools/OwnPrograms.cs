namespace K8sBackup.Bench.Tools;

/// <summary>The built programs: beside this one in the artifacts directory, of the same configuration.</summary>
internal static class OwnPrograms
{
    public static string Coordinator => Find("K8sBackup.Coordinator", "k8sbackup-coordinator");

    public static string Agent => Find("K8sBackup.Agent", "k8sbackup-agent");

    public static string CommandLine => Find("K8sBackup.Cli", "k8sbackup");

    private static string Find(string project, string program)
    {
        DirectoryInfo output = new(AppContext.BaseDirectory);
        string path = Path.Combine(output.Parent!.Parent!.FullName, project, output.Name, program);
        return File.Exists(path) ? path : throw new BenchFailedException($"{path} is missing; build the solution first.");
    }
}
