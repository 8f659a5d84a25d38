namespace K8sBackup.Agent.ControlPlaneFiles;

/// <summary>Where k3s and rke2 put what kubeadm puts below /etc/kubernetes, relative to the host root.</summary>
internal static class RancherLayout
{
    /// <summary>Directories of the two distributions, newest way first.</summary>
    public static IReadOnlyList<string> Roots { get; } = ["var/lib/rancher/rke2", "var/lib/rancher/k3s"];

    /// <summary>The root of the server on this node; null where there is none.</summary>
    public static string? RootOf(HostFiles host) => Roots.FirstOrDefault(root => host.Exists($"{root}/server"));

    /// <summary>What is taken of it.</summary>
    public static IReadOnlyList<ExpectedPath> Paths(string root)
    {
        string name = root[(root.LastIndexOf('/') + 1)..];
        string reason = $"{name} layout";
        return
        [
            new($"{root}/server/tls", true, reason),
            new($"{root}/server/cred", true, reason),
            new($"{root}/server/token", true, reason),
            new($"{root}/server/manifests", false, reason),
            new($"{root}/server/db/etcd/config", false, reason),
            new($"{root}/agent/pod-manifests", false, reason),
            new($"etc/rancher/{name}", false, reason),
            new("etc/rancher/node", false, reason),
            new($"etc/systemd/system/{name}.service", false, reason),
            new($"etc/systemd/system/{name}-server.service", false, reason),
            new($"usr/local/lib/systemd/system/{name}-server.service", false, reason),
            new($"etc/default/{name}", false, reason),
        ];
    }
}
