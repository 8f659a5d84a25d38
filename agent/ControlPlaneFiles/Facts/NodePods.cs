using K8sBackup.Etcd.Discovery;

namespace K8sBackup.Agent.ControlPlaneFiles.Facts;

/// <summary>The static pods of a node as far as facts are taken from them.</summary>
internal sealed class NodePods
{
    private readonly IReadOnlyList<StaticPod> _pods;

    public NodePods(IReadOnlyList<StaticPod> pods) => _pods = pods;

    /// <summary>The pod that runs an etcd member; null where none does.</summary>
    public StaticPod? Etcd => _pods.FirstOrDefault(pod => Has(pod, "initial-advertise-peer-urls") || (Has(pod, "data-dir") && Has(pod, "listen-client-urls")));

    /// <summary>The pod that runs the API server; null where none does.</summary>
    public StaticPod? ApiServer => _pods.FirstOrDefault(pod => Has(pod, "etcd-servers"));

    /// <summary>The pod that signs the tokens where the API server does not say.</summary>
    public StaticPod? ControllerManager => _pods.FirstOrDefault(pod => Has(pod, "service-account-private-key-file"));

    /// <summary>Values of a flag that may be given several times, or list several.</summary>
    public static IReadOnlyList<string> List(StaticPod? pod, string flag) =>
        [.. Flags(pod, flag).SelectMany(each => each.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];

    /// <summary>Where the file a flag names is on the node; null when it names none.</summary>
    public static string? File(StaticPod? pod, string flag) => Flags(pod, flag).Select(each => each.NodePath).LastOrDefault(path => path is not null);

    /// <summary>The same for a flag that may be given several times.</summary>
    public static IReadOnlyList<string> Files(StaticPod? pod, string flag) => [.. Flags(pod, flag).Select(each => each.NodePath).OfType<string>()];

    private static bool Has(StaticPod pod, string flag) => Flags(pod, flag).Any();

    private static IEnumerable<PodFlag> Flags(StaticPod? pod, string flag) => pod?.Flags.Where(each => each.Name == flag) ?? [];
}
