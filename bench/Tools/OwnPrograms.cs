namespace K8sBackup.Bench.Tools;

/// <summary>The programs as they are shipped, compiled ahead of time: what <c>./dev publish</c> makes.</summary>
internal static class OwnPrograms
{
    public static string Coordinator => Find("K8sBackup.Coordinator", "k8sbackup-coordinator");

    public static string Agent => Find("K8sBackup.Agent", "k8sbackup-agent");

    public static string CommandLine => Find("K8sBackup.Cli", "k8sbackup");

    private static string Find(string project, string program)
    {
        DirectoryInfo output = new(AppContext.BaseDirectory);
        string path = Path.Combine(output.Parent!.Parent!.Parent!.FullName, "programs", project, program);
        return File.Exists(path) ? path : throw new BenchFailedException($"{path} is missing; run ./dev publish first.");
    }
}
