using System.Xml.Linq;

namespace K8sBackup.Tidy.Tests;

/// <summary>The table of DESIGN section 3: a reference that is not in it must not appear.</summary>
public sealed class ReferenceTests
{
    private static readonly Dictionary<string, string[]> _allowed = new()
    {
        ["shared/Model"] = [],
        ["shared/ObjectStore"] = [],
        ["shared/Grpc"] = [],
        ["shared/Chunking"] = ["Model"],
        ["shared/FileTree"] = ["Model"],
        ["shared/Etcd"] = ["Model", "Grpc"],
        ["shared/Repository"] = ["Model", "ObjectStore", "Chunking"],
        ["shared/Settings"] = ["ObjectStore"],
        ["shared/Kubernetes"] = ["Etcd"],
        // The agent is not to have it: agents have no rights in the cluster.
        ["shared/KubernetesApi"] = [],
        ["shared/Transport"] = ["Model", "Grpc"],
        ["agent"] = ["Model", "Chunking", "Etcd", "FileTree", "Kubernetes", "Transport", "Grpc"],
        ["coordinator"] = ["Model", "Chunking", "Etcd", "FileTree", "KubernetesApi", "Repository", "ObjectStore", "Settings", "Transport", "Grpc"],
        ["cli"] = ["Model", "Chunking", "Etcd", "FileTree", "Kubernetes", "KubernetesApi", "Repository", "ObjectStore", "Settings", "Transport", "Grpc"],
    };

    [Fact]
    public void Projects_ReferenceOnlyWhatTheDesignAllows()
    {
        List<string> wrong = [];
        foreach (string path in SourceTree.Files(".csproj"))
        {
            string folder = Path.GetDirectoryName(path)!;
            if (!_allowed.TryGetValue(folder, out string[]? allowed))
            {
                continue;
            }

            wrong.AddRange(References(path).Where(name => !allowed.Contains(name)).Select(name => $"{path} references {name}"));
        }

        Offences.None(wrong);
    }

    [Fact]
    public void EveryProjectUnderSharedAgentCoordinatorAndCli_IsInTheTable()
    {
        string[] roots = ["shared/", "agent/", "coordinator/", "cli/"];
        Offences.None(SourceTree.Files(".csproj")
            .Where(path => roots.Any(root => path.StartsWith(root, StringComparison.Ordinal)))
            .Select(path => Path.GetDirectoryName(path)!)
            .Where(folder => !_allowed.ContainsKey(folder)));
    }

    [Fact]
    public void EveryProject_IsInTheSolution()
    {
        string solution = SourceTree.Read("K8sBackupAgent.sln").Replace('\\', '/');
        Offences.None(SourceTree.Files(".csproj").Where(path => !solution.Contains($"\"{path}\"", StringComparison.Ordinal)));
    }

    [Fact]
    public void PackageVersions_AreHeldCentrally()
    {
        Offences.None(SourceTree.Files(".csproj").Where(path =>
            XDocument.Parse(SourceTree.Read(path)).Descendants("PackageReference").Any(e => e.Attribute("Version") is not null)));
    }

    private static IEnumerable<string> References(string path)
    {
        XDocument project = XDocument.Parse(SourceTree.Read(path));
        IEnumerable<string> direct = project.Descendants("ProjectReference")
            .Select(e => Path.GetFileNameWithoutExtension(e.Attribute("Include")!.Value.Replace('\\', '/')))
            .Select(name => name.Replace("K8sBackup.", "", StringComparison.Ordinal));
        bool grpc = project.Descendants("Import").Any(e => e.Attribute("Project")!.Value.EndsWith("Grpc.props", StringComparison.Ordinal));
        return grpc ? direct.Append("Grpc") : direct;
    }
}
