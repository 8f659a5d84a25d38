using System.Diagnostics;

namespace K8sBackup.TestKit;

/// <summary>A directory of its own for one test, removed with everything in it.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    /// <summary>Makes one, below another directory where that is given.</summary>
    public TemporaryDirectory(string? under = null) => Path = under is null
        ? Directory.CreateTempSubdirectory("k8sbackup-test-").FullName
        : Directory.CreateDirectory(System.IO.Path.Combine(under, "k8sbackup-test-" + Guid.NewGuid().ToString("N"))).FullName;

    public string Path { get; }

    /// <summary>A path in it.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // What .NET's paths cannot name: invalid UTF-8, and paths beyond PATH_MAX.
            using Process removal = Process.Start("rm", ["-rf", "--", Path]);
            removal.WaitForExit();
        }
    }
}
