using K8sBackup.Etcd.Client;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.Discovery;

/// <summary>An etcd static pod as its manifest describes it.</summary>
public sealed record EtcdStaticPod
{
    // What etcd listens on when nothing is said.
    private const string DefaultClientUrl = "http://localhost:2379";

    /// <summary>The manifest.</summary>
    public required string File { get; init; }

    /// <summary>Image of the container.</summary>
    public required string Image { get; init; }

    /// <summary>Flags by name without dashes; environment variables of etcd count where a flag is absent.</summary>
    public required IReadOnlyDictionary<string, string> Flags { get; init; }

    /// <summary>Host paths the container sees.</summary>
    public required IReadOnlyList<HostMount> Mounts { get; init; }

    /// <summary>User and group of the container, null for root.</summary>
    public required FileOwner? Owner { get; init; }

    /// <summary>Member name.</summary>
    public string Name => Flag("name") ?? "default";

    /// <summary>URLs it listens for clients on.</summary>
    public IReadOnlyList<string> ListenClientUrls => Urls("listen-client-urls");

    /// <summary>URLs it tells clients.</summary>
    public IReadOnlyList<string> AdvertiseClientUrls => Urls("advertise-client-urls");

    /// <summary>URLs it tells the other members.</summary>
    public IReadOnlyList<string> PeerUrls => Urls("initial-advertise-peer-urls");

    /// <summary>Version by the image's tag, null when it tells none.</summary>
    public EtcdVersion? ImageVersion =>
        EtcdVersion.TryParse(Image.Split('@')[0].Split(':')[^1].Split('-')[0], out var version) ? version : null;

    /// <summary>Maps a path in the container to the host.</summary>
    /// <exception cref="StaticPodException">No host path is mounted there.</exception>
    public string ToHostPath(string containerPath) =>
        HostMount.ToHostPath(Mounts, containerPath) ?? throw new StaticPodException(File, $"{containerPath} is not on a host path");

    /// <summary>Resolves everything to paths below <paramref name="root"/>, where the host's file system is visible.</summary>
    /// <param name="root">"/" on the host itself, else the directory the host's root is mounted at.</param>
    /// <exception cref="StaticPodException">Something necessary is missing.</exception>
    public EtcdMemberSetup Resolve(string root)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        var dataDirectory = Flag("data-dir") ?? throw new StaticPodException(File, "etcd has no --data-dir");
        var walDirectory = Flag("wal-dir");
        return new EtcdMemberSetup
        {
            Name = Name,
            Endpoint = ChooseEndpoint(root),
            DataDirectory = Local(root, dataDirectory),
            WalDirectory = string.IsNullOrEmpty(walDirectory) ? null : Local(root, walDirectory),
            PeerUrls = PeerUrls,
            Owner = Owner,
            ImageVersion = ImageVersion,
        };
    }

    private EtcdEndpoint ChooseEndpoint(string root)
    {
        var urls = ListenClientUrls.Count > 0 ? ListenClientUrls : [DefaultClientUrl];
        var addresses = new List<Uri>();
        foreach (var url in urls)
        {
            // An address of "any" is listened on, not called.
            var text = url.Replace("//0.0.0.0:", "//127.0.0.1:", StringComparison.Ordinal).Replace("//[::]:", "//[::1]:", StringComparison.Ordinal);
            addresses.Add(Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
                ? uri
                : throw new StaticPodException(File, $"'{url}' is not a client URL"));
        }

        var chosen = addresses.OrderBy(uri => (uri.Scheme == Uri.UriSchemeHttps ? 0 : 2) + (uri.IsLoopback ? 0 : 1)).First();
        if (chosen.Scheme == Uri.UriSchemeHttp)
        {
            return new EtcdEndpoint { Address = chosen };
        }

        var authority = Flag("trusted-ca-file") ?? throw new StaticPodException(File, "etcd speaks TLS and has no --trusted-ca-file");
        var authorityFile = Local(root, authority);
        var (certificate, key) = ChooseCertificate(root, authorityFile);
        return new EtcdEndpoint { Address = chosen, AuthorityFile = authorityFile, CertificateFile = certificate, KeyFile = key };
    }

    // kubeadm keeps a pair for health checks beside the authority; the server's own pair is a client's as well.
    private (string? Certificate, string? Key) ChooseCertificate(string root, string authorityFile)
    {
        var client = Path.Combine(Path.GetDirectoryName(authorityFile)!, "healthcheck-client");
        if (System.IO.File.Exists(client + ".crt") && System.IO.File.Exists(client + ".key"))
        {
            return (client + ".crt", client + ".key");
        }

        return Flag("cert-file") is { } certificate && Flag("key-file") is { } key
            ? (Local(root, certificate), Local(root, key))
            : (null, null);
    }

    private string Local(string root, string containerPath) => Path.Join(root.TrimEnd('/') + "/", ToHostPath(containerPath).TrimStart('/'));

    private string? Flag(string name) => Flags.GetValueOrDefault(name);

    private string[] Urls(string flag) =>
        (Flag(flag) ?? string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
