using K8sBackup.Agent.ControlPlaneFiles;
using K8sBackup.Agent.ControlPlaneFiles.Facts;
using K8sBackup.Agent.Hosting;
using K8sBackup.Etcd.Client;
using K8sBackup.Etcd.Discovery;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Agent.Etcd;

/// <summary>
/// Finds an etcd where no static pod of its own tells of it: that of k3s or rke2, or one on other machines that the API server's
/// manifest names. What looks like one of these and is none is refused by name.
/// </summary>
internal sealed class OtherEtcds
{
    private const long ManifestBytesMax = 1 << 20;
    private const string ApiServerManifest = "etc/kubernetes/manifests/kube-apiserver.yaml";

    private readonly HostRoot _host;
    private readonly HostFiles _files;

    public OtherEtcds(HostRoot host, HostFiles files)
    {
        _host = host;
        _files = files;
    }

    /// <summary>Where to call it; null when nothing on the node speaks of an etcd.</summary>
    /// <exception cref="BackupException">The cluster keeps its data elsewhere, or the manifest cannot be used.</exception>
    public EtcdEndpoint? Find() => RancherLayout.RootOf(_files) is { } root ? Rancher(root) : External();

    private EtcdEndpoint Rancher(string root)
    {
        if (!_files.Exists($"{root}/server/db/etcd"))
        {
            throw new BackupException(
                FailureCause.SourceMissing,
                _files.Exists($"{root}/server/db/state.db")
                    ? $"This node's /{root} keeps the cluster's data in SQLite ({root}/server/db/state.db), not in etcd. A source of kind etcd cannot take it."
                    : $"This node's /{root} has no etcd of its own. Where its data store is etcd, name its endpoint in the plan.");
        }

        return new EtcdEndpoint
        {
            Address = new Uri("https://127.0.0.1:2379"),
            AuthorityFile = _host.Resolve($"{root}/server/tls/etcd/server-ca.crt"),
            CertificateFile = _host.Resolve($"{root}/server/tls/etcd/client.crt"),
            KeyFile = _host.Resolve($"{root}/server/tls/etcd/client.key"),
        };
    }

    private EtcdEndpoint? External()
    {
        if (!_files.Exists(ApiServerManifest))
        {
            return null;
        }

        try
        {
            StaticPod server = StaticPodParser.Parse(_files.ReadText(ApiServerManifest, ManifestBytesMax), $"/{ApiServerManifest}");
            string? address = NodePods.List(server, "etcd-servers") is [string first, ..] ? first : null;
            return address is null ? null
                : Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" ? Endpoint(server, uri)
                : throw new BackupException(FailureCause.SourceUnreadable, $"/{ApiServerManifest} names '{address}', which is no address of etcd.");
        }
        catch (Exception e) when (e is StaticPodException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new BackupException(FailureCause.SourceUnreadable, $"/{ApiServerManifest} cannot be used: {e.Message}", e);
        }
    }

    private EtcdEndpoint Endpoint(StaticPod server, Uri address) => new()
    {
        Address = address,
        AuthorityFile = Local(server, "etcd-cafile"),
        CertificateFile = Local(server, "etcd-certfile"),
        KeyFile = Local(server, "etcd-keyfile"),
    };

    private string? Local(StaticPod server, string flag) => NodePods.File(server, flag) is { } path ? _host.Resolve(path) : null;
}
