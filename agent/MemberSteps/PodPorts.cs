using System.Globalization;
using System.Net;
using K8sBackup.Etcd.Discovery;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>Where the pods of the control plane listen, by their flags. They use the node's network.</summary>
internal static class PodPorts
{
    private static readonly string[] EtcdUrlFlags = ["listen-client-urls", "listen-peer-urls", "listen-metrics-urls"];

    private static readonly Dictionary<string, int> DefaultPorts = new(StringComparer.Ordinal)
    {
        [Manifests.ApiServer] = 6443,
        ["kube-controller-manager.yaml"] = 10257,
        ["kube-scheduler.yaml"] = 10259,
    };

    /// <summary>Client, peer and metrics addresses of etcd.</summary>
    public static IReadOnlyList<DnsEndPoint> OfEtcd(EtcdStaticPod pod)
    {
        IEnumerable<string> urls = EtcdUrlFlags.SelectMany(flag => (pod.Flags.GetValueOrDefault(flag) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        return [.. urls.Select(url => Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) ? uri : null)
            .Where(uri => uri is { Port: > 0 })
            .Select(uri => new DnsEndPoint(Callable(uri!.Host.Trim('[', ']')), uri.Port))
            .Distinct()];
    }

    /// <summary>The secure address of another component.</summary>
    public static DnsEndPoint Of(string manifest, IReadOnlyList<PodFlag> flags)
    {
        string? bind = flags.LastOrDefault(flag => flag.Name == "bind-address")?.Value;
        string? text = flags.LastOrDefault(flag => flag.Name == "secure-port")?.Value;
        bool given = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and <= 65535;
        return new DnsEndPoint(Callable(bind ?? ""), given ? port : DefaultPorts[manifest]);
    }

    // An address of "any" is listened on, not called.
    private static string Callable(string host) => host is "" or "0.0.0.0" ? "127.0.0.1" : host == "::" ? "::1" : host;
}
