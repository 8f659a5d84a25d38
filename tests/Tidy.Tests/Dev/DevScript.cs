using K8sBackup.TestKit;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Tidy.Tests.Dev;

/// <summary>
/// The entry point in a directory of its own, with stand-ins for the programs it calls: each writes down how it was
/// called. So the script is tested, and neither a build nor an installation is done.
/// </summary>
internal sealed class DevScript : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TemporaryDirectory _directory = new();

    public DevScript()
    {
        File.Copy(Path.Combine(SourceTree.Root, "dev"), Path.Combine(Folder, "dev"));
        Directory.CreateDirectory(Programs);
        StandIn("dotnet", "[ \"$1\" != --version ] || echo 10.0.1");
        StandIn("dpkg-query", "printf installed");
        StandIn("apt-get", "");
        StandIn("id", "echo 1000");
        foreach (string absent in (string[])["npm", "docker", "podman", "buildah"])
        {
            StandIn(absent, "exit 1");
        }

    }

    public string Folder => _directory.Path;

    /// <summary>Calls in order, program first; asking for a version or a package is none.</summary>
    public IReadOnlyList<string> Calls => File.Exists(Journal)
        ? [.. File.ReadAllLines(Journal).Where(line => !line.StartsWith("dpkg-query", StringComparison.Ordinal) && line is not ("dotnet --version" or "id -u"))]
        : [];

    private string Programs => Path.Combine(Folder, "programs");

    private string Journal => Path.Combine(Folder, "calls");

    /// <summary>Replaces a program; <paramref name="body"/> is shell.</summary>
    public void StandIn(string program, string body)
    {
        string path = Path.Combine(Programs, program);
        File.WriteAllText(path, $"#!/bin/bash\necho \"{program} $*\" >>'{Journal}'\n{body}\n");
        File.SetUnixFileMode(path, (UnixFileMode)0x1ED);
    }

    /// <summary>Makes the program one that is not there.</summary>
    public void Remove(string program) => File.Delete(Path.Combine(Programs, program));

    /// <summary>Adds a test project, which the dotnet stand-in may be asked to run.</summary>
    public void AddTestProject(string name)
    {
        string folder = Directory.CreateDirectory(Path.Combine(Folder, "tests", name + ".Tests")).FullName;
        File.WriteAllText(Path.Combine(folder, name + ".Tests.csproj"), "<Project/>");
    }

    public Task<ProcessResult> RunAsync(params string[] arguments) => ChildProcess.RunAsync(
        Path.Combine(Folder, "dev"), arguments, Patience, new Dictionary<string, string?> { ["PATH"] = $"{Programs}:/usr/bin:/bin" });

    public void Dispose() => _directory.Dispose();
}
