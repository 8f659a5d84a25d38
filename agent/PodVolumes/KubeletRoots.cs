using System.Globalization;
using System.Text.RegularExpressions;
using K8sBackup.Agent.Hosting;

namespace K8sBackup.Agent.PodVolumes;

/// <summary>
/// Finds the directories a kubelet of this node may keep its volumes in, the likeliest first: the configured one and no other; that of
/// the running kubelet; those its settings name; those known distributions use. Which one has a pod, the pod's directory says.
/// </summary>
internal sealed partial class KubeletRoots
{
    private const int SettingsBytesMax = 1024 * 1024;

    private static readonly string[] KnownRoots =
    [
        KubeletCommandLine.DefaultRoot,
        "/var/snap/microk8s/common/var/lib/kubelet",
        "/var/lib/k0s/kubelet",
        "/var/lib/rancher/k3s/agent/kubelet",
    ];

    private static readonly string[] Settings =
    [
        "/var/lib/kubelet/kubeadm-flags.env",
        "/etc/default/kubelet",
        "/etc/sysconfig/kubelet",
        "/etc/rancher/k3s/config.yaml",
        "/etc/rancher/rke2/config.yaml",
        "/var/snap/microk8s/current/args/kubelet",
    ];

    private readonly HostRoot _host;
    private readonly string _configured;

    public KubeletRoots(HostRoot host, string configured)
    {
        _host = host;
        _configured = configured;
    }

    /// <summary>The directories that are there, as the node names them.</summary>
    public IReadOnlyList<string> Find() => _configured.Length > 0
        ? [_configured]
        : [.. Processes().Concat(Settings.Select(FromSettings).OfType<string>()).Concat(KnownRoots)
            .Select(root => root.Length > 1 ? root.TrimEnd('/') : root)
            .Where(root => root.StartsWith('/') && _host.Resolve(root) is { } real && Directory.Exists(real))
            .Distinct(StringComparer.Ordinal)];

    [GeneratedRegex("""root-dir[= ]["']?(/[^\s"',\]]+)""")]
    private static partial Regex RootDirectory();

    // A pod could run a program of that name. It cannot share the node's mounts without owning the node.
    private IEnumerable<string> Processes()
    {
        string? processes = _host.Resolve("/proc");
        string? ofNode = processes is null ? null : MountsOf(processes, "1");
        if (ofNode is null || !Directory.Exists(processes))
        {
            return [];
        }

        return Directory.EnumerateDirectories(processes)
            .Select(path => Path.GetFileName(path))
            .Where(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(id => KubeletCommandLine.RootOf(WordsOf(processes, id)) is { } root && MountsOf(processes, id) == ofNode ? root : null)
            .OfType<string>();
    }

    private static string[] WordsOf(string processes, string id)
    {
        try
        {
            return File.ReadAllText(Path.Combine(processes, id, "cmdline")).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended, or is none of ours to look at.
            return [];
        }
    }

    // Null when the kernel does not let us know.
    private static string? MountsOf(string processes, string id)
    {
        try
        {
            return new FileInfo(Path.Combine(processes, id, "ns", "mnt")).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private string? FromSettings(string path)
    {
        try
        {
            FileInfo? file = _host.Resolve(path) is { } real ? new FileInfo(real) : null;
            if (file is not { Exists: true, Length: <= SettingsBytesMax })
            {
                return null;
            }

            Match match = RootDirectory().Match(File.ReadAllText(file.FullName));
            return match.Success ? match.Groups[1].Value : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
