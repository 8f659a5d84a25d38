using K8sBackup.Etcd.Discovery;
using K8sBackup.Model.Trees;

namespace K8sBackup.Agent.ControlPlaneFiles;

/// <summary>
/// Finds what makes a node a control-plane node: (1) the paths of the kubeadm layout, or of k3s or rke2, (2) files the flags of static pods
/// name, (3) host paths of static pods below /etc, (4) configuration files in /etc/kubernetes, (5) paths the plan adds.
/// Data directories are never taken: only flags that name inputs and host paths below /etc count.
/// </summary>
internal sealed class ControlPlaneDiscovery
{
    // A manifest is a page of YAML; the kubelet itself reads no more.
    private const long ManifestBytesMax = 1024 * 1024;
    private const int ManifestsMax = 256;

    private readonly HostFiles _host;

    public ControlPlaneDiscovery(HostFiles host) => _host = host;

    public ControlPlaneInventory Discover(IReadOnlyList<string> extraPaths)
    {
        List<string> missing = [];
        List<ExpectedPath> expected = [.. RancherLayout.RootOf(_host) is { } root ? RancherLayout.Paths(root) : KubeadmLayout.Paths];
        foreach (string manifest in _host.List(KubeadmLayout.Manifests).Where(name => !name.StartsWith('.')).Take(ManifestsMax))
        {
            string path = $"{KubeadmLayout.Manifests}/{manifest}";
            try
            {
                expected.AddRange(FromPod(manifest, StaticPodParser.Parse(_host.ReadText(path, ManifestBytesMax), $"/{path}"), missing));
            }
            catch (StaticPodException e)
            {
                missing.Add($"{e.File}: what it refers to is not known, because {e.Reason}");
            }
            catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                missing.Add($"/{path}: what it refers to is not known, because {e.Message}");
            }
        }

        expected.AddRange(_host.List("etc/kubernetes")
            .Where(name => name.EndsWith(".conf", StringComparison.Ordinal))
            .Select(name => new ExpectedPath($"etc/kubernetes/{name}", false, "kubeconfig")));
        expected.AddRange(extraPaths.Select(path => new ExpectedPath(path.Trim('/'), true, "the plan")));
        return Settle(expected, missing);
    }

    private static IEnumerable<ExpectedPath> FromPod(string manifest, StaticPod pod, List<string> missing)
    {
        foreach (PodFlag flag in pod.Flags.Where(flag => PathFlags.NamesInput(flag.Name) && flag.Value.StartsWith('/')))
        {
            if (flag.NodePath is { } path)
            {
                yield return new ExpectedPath(path.Trim('/'), true, $"--{flag.Name} in {manifest}");
            }
            else
            {
                missing.Add($"{flag.Value}: --{flag.Name} in {manifest} names it, and no volume of the pod brings it from the node");
            }
        }

        foreach (PodHostPath volume in pod.HostPaths.Where(volume => volume.Path.StartsWith("/etc/", StringComparison.Ordinal)))
        {
            yield return new ExpectedPath(volume.Path.Trim('/'), !volume.MayBeAbsent, $"a volume in {manifest}");
        }
    }

    private ControlPlaneInventory Settle(List<ExpectedPath> expected, List<string> missing)
    {
        SortedSet<string> found = new(StringComparer.Ordinal);
        foreach (IGrouping<string, ExpectedPath> path in expected.GroupBy(path => path.Path))
        {
            if (!TreePath.IsValid(System.Text.Encoding.UTF8.GetBytes(path.Key)) || path.Key.Length == 0)
            {
                missing.Add($"/{path.Key}: not a usable path ({path.First().Reason})");
            }
            else if (_host.Exists(path.Key))
            {
                found.UnionWith(_host.WithLinkTargets(path.Key));
            }
            else if (path.FirstOrDefault(p => p.Required) is { } required)
            {
                missing.Add($"/{path.Key}: not there ({required.Reason})");
            }
        }

        string[] outermost = [.. found.Where(path => !found.Any(other => other != path && path.StartsWith(other + "/", StringComparison.Ordinal) && _host.IsDirectory(other)))];
        return new ControlPlaneInventory(outermost, [.. missing.Distinct().Order(StringComparer.Ordinal)]);
    }
}
