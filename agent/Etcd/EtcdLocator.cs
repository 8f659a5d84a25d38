using K8sBackup.Agent.Hosting;
using K8sBackup.Etcd.Client;
using K8sBackup.Etcd.Discovery;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Etcd;

/// <summary>Finds the node's etcd: by its static-pod manifest or what else speaks of it, where the work does not say otherwise.</summary>
internal sealed class EtcdLocator
{
    private const string ManifestName = "etcd.yaml";
    private const string KubernetesDirectory = "etc/kubernetes";

    private readonly HostRoot _host;
    private readonly OtherEtcds _others;

    public EtcdLocator(HostRoot host)
    {
        _host = host;
        _others = new OtherEtcds(host, new ControlPlaneFiles.HostFiles(host));
    }

    /// <summary>Where to call the member.</summary>
    /// <exception cref="BackupException">Nothing says where, or the manifest cannot be used.</exception>
    public EtcdEndpoint Endpoint(EtcdOptions options)
    {
        if (options.Endpoint.Length == 0)
        {
            EtcdEndpoint found = Setup()?.Endpoint
                ?? _others.Find()
                ?? throw new BackupException(FailureCause.SourceMissing, $"There is no etcd manifest in /{KubernetesDirectory}/manifests, and the plan names no endpoint.");
            return Override(found, options);
        }

        if (!Uri.TryCreate(options.Endpoint, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https"))
        {
            throw new BackupException(FailureCause.InvalidRequest, $"'{options.Endpoint}' is not an address of etcd.");
        }

        return Override(new EtcdEndpoint { Address = address }, options);
    }

    /// <summary>
    /// What the manifest says; null when there is none. An etcd that is stopped for a restore has its manifest moved
    /// away, so the directories beside the usual one are looked at, too.
    /// </summary>
    /// <exception cref="BackupException">The manifest cannot be used.</exception>
    public EtcdMemberSetup? Setup()
    {
        string? file = Candidates().Select(_host.Resolve).FirstOrDefault(File.Exists);
        try
        {
            return file is null ? null : EtcdPodReader.ReadFile(file).Resolve(_host.Path);
        }
        catch (Exception e) when (e is StaticPodException or IOException or UnauthorizedAccessException)
        {
            throw new BackupException(FailureCause.SourceUnreadable, $"The etcd manifest cannot be used: {e.Message}", e);
        }
    }

    private IEnumerable<string> Candidates()
    {
        yield return EtcdPodReader.DefaultPath;
        yield return $"{KubernetesDirectory}/{ManifestName}";
        string? kubernetes = _host.Resolve(KubernetesDirectory);
        bool exists = kubernetes is not null && Directory.Exists(kubernetes);
        foreach (string directory in exists ? Directory.GetDirectories(kubernetes!) : [])
        {
            yield return $"{_host.NodePath(directory)}/{ManifestName}";
        }
    }

    private EtcdEndpoint Override(EtcdEndpoint endpoint, EtcdOptions options) => endpoint with
    {
        AuthorityFile = options.CaFile.Length > 0 ? _host.Resolve(options.CaFile) : endpoint.AuthorityFile,
        CertificateFile = options.CertificateFile.Length > 0 ? _host.Resolve(options.CertificateFile) : endpoint.CertificateFile,
        KeyFile = options.KeyFile.Length > 0 ? _host.Resolve(options.KeyFile) : endpoint.KeyFile,
    };
}
