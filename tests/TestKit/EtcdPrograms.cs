using K8sBackup.TestKit.Processes;

namespace K8sBackup.TestKit;

/// <summary>
/// The etcd programs that tests of several versions run with: the installed one, the newer one ./dev unpacked, and what ETCD_BIN
/// names, several separated by colons. Tools such as etcdctl are looked for beside each.
/// </summary>
public static class EtcdPrograms
{
    /// <summary>Debian's, of the release the tests run on.</summary>
    public const string Installed = "/usr/bin/etcd";

    private const string VersionLine = "etcd Version: ";
    private const string Solution = "K8sBackupAgent.sln";
    private const string Unpacked = "artifacts/tools/etcd-3.5/usr/bin/etcd";

    /// <summary>Paths of those that are there.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        .. new[] { Installed, Newer() }
            .Concat((Environment.GetEnvironmentVariable("ETCD_BIN") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
            .OfType<string>()
            .Distinct(StringComparer.Ordinal)
            .Where(File.Exists),
    ];

    /// <summary>A tool of the same package, such as etcdctl or etcdutl; null when there is none beside the program.</summary>
    public static string? Beside(string program, string tool) =>
        Path.Combine(Path.GetDirectoryName(program)!, tool) is var path && File.Exists(path) ? path : null;

    /// <summary>What the program says it is, such as "3.4.23".</summary>
    public static async Task<string> VersionAsync(string program)
    {
        ProcessResult result = await ChildProcess.RunAsync(program, ["--version"], TimeSpan.FromSeconds(60));
        string? line = result.StandardOutput.Split('\n').FirstOrDefault(each => each.StartsWith(VersionLine, StringComparison.Ordinal));
        return line?[VersionLine.Length..].Trim() ?? throw new InvalidOperationException($"{program} does not say its version: {result.StandardOutput}{result.StandardError}");
    }

    private static string? Newer()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, Solution)))
            {
                return Path.Combine(directory.FullName, Unpacked);
            }
        }

        return null;
    }
}
