using K8sBackup.Chart.Tests.Rendering;
using K8sBackup.TestKit.Processes;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Chart.Tests.Pods;

/// <summary>
/// A program run with what a rendered workload gives it: user, capabilities, and the directories that stand for its volumes,
/// mounted where the workload mounts them. Nothing else of the machine can be written.
/// </summary>
internal static class PodProcess
{
    private static readonly string _script = RepositoryTree.PathOf("tests/Chart.Tests/Pods/pod.sh");

    /// <param name="workload">The rendered object.</param>
    /// <param name="volumes">Directory of each volume by name; host paths lie below that of "node".</param>
    /// <param name="root">An empty directory for the pod's own root.</param>
    /// <param name="without">A capability that is taken away from it; empty for none.</param>
    /// <param name="program">What its image would start.</param>
    /// <param name="arguments">Instead of the workload's.</param>
    public static ChildProcess Start(KubeObject workload, IReadOnlyDictionary<string, string> volumes, string root, string without, string program, params string[] arguments)
    {
        YamlNode container = workload.Containers.Single();
        string user = container.Text("securityContext/runAsUser") ?? workload.Pod.Text("securityContext/runAsUser")!;
        string capabilities = string.Concat(container.Texts("securityContext/capabilities/add").Where(name => name != without).Select(name => $",+{name.ToLowerInvariant()}"));
        IEnumerable<string> mounts = container.Items("volumeMounts").Select(mount =>
            $"{Source(workload, mount.Text("name")!, volumes)}:{mount.Text("mountPath")}:{(mount.Text("readOnly") == "true" ? "ro" : "rw")}");
        return ChildProcess.Start(
            "/usr/bin/unshare",
            ["--mount", _script, user, capabilities, Directory.CreateDirectory(root).FullName, Programs.Folder, .. mounts, "--", program, .. arguments],
            new Dictionary<string, string?> { ["DOTNET_EnableDiagnostics"] = "0" });
    }

    /// <summary>Effective capabilities and user ids, as the kernel has them.</summary>
    public static (ulong Capabilities, string Users) Credentials(ChildProcess process)
    {
        Dictionary<string, string> status = File.ReadAllLines($"/proc/{process.Id}/status").Select(line => line.Split(':', 2)).ToDictionary(pair => pair[0], pair => pair[1].Trim());
        return (Convert.ToUInt64(status["CapEff"], 16), status["Uid"]);
    }

    private static string Source(KubeObject workload, string name, IReadOnlyDictionary<string, string> volumes)
    {
        string? nodePath = workload.Pod.Items("volumes").Single(volume => volume.Text("name") == name).Text("hostPath/path");
        return Directory.CreateDirectory(nodePath is null ? volumes[name] : volumes["node"] + nodePath).FullName;
    }
}
