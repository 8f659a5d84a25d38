using System.Text;
using K8sBackup.KubernetesApi.Cluster;
using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.Transport.Identity;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Kubernetes;

/// <summary>
/// One authority for all coordinators: it lives in a Secret that is only ever created, never written over, so that of two first starts one
/// wins and the other takes what won. What lies in the state directory is a copy. The certificate is published for agents in a ConfigMap.
/// </summary>
public sealed class SharedAuthority
{
    private const string CertificateKey = "ca.crt";
    private const string PrivateKey = "ca.key";
    private const string Manager = "k8s-backup-coordinator";

    private readonly IResourceReader _reader;
    private readonly IResourceWriter _writer;
    private readonly ResourceName _secret;
    private readonly ResourceName _configMap;
    private readonly ILogger _log;

    public SharedAuthority(IResourceReader reader, IResourceWriter writer, string ns, KubernetesOptions options, ILogger log)
    {
        ArgumentNullException.ThrowIfNull(options);
        _reader = reader;
        _writer = writer;
        _secret = new ResourceName(ns, options.AuthoritySecret);
        _configMap = new ResourceName(ns, options.CaConfigMap);
        _log = log;
    }

    /// <summary>Brings the shared authority to the directory, making it when there is none, and publishes its certificate.</summary>
    /// <exception cref="InvalidDataException">The Secret is there and cannot be used.</exception>
    public async Task ShareAsync(string directory, string cluster, TimeProvider clock, CancellationToken cancellationToken)
    {
        Secret secret = await _reader.FindAsync(KubernetesTypes.Secrets, _secret, cancellationToken)
            ?? await CreateAsync(directory, cluster, clock, cancellationToken);
        if (!secret.Data.TryGetValue(CertificateKey, out byte[]? certificate) || !secret.Data.TryGetValue(PrivateKey, out byte[]? key))
        {
            throw new InvalidDataException($"The Secret {_secret} does not hold {CertificateKey} and {PrivateKey}; an authority is expected there.");
        }

        PrivateFiles.CreateDirectory(directory);
        PrivateFiles.Write(Path.Combine(directory, PrivateKey), Encoding.ASCII.GetString(key));
        PrivateFiles.Write(Path.Combine(directory, CertificateKey), Encoding.ASCII.GetString(certificate));
        using CertificateAuthority authority = CertificateAuthority.OpenOrCreate(directory, cluster, clock);
        ConfigMap published = new()
        {
            Metadata = new ObjectMeta { Namespace = _configMap.Namespace, Name = _configMap.Name },
            Data = new Dictionary<string, string> { [CertificateKey] = authority.Certificate.ExportCertificatePem() + "\n" },
        };
        await _writer.ApplyAsync(KubernetesTypes.ConfigMaps, published, new ApplyOptions(Manager) { Force = true }, cancellationToken);
        KubernetesLog.AuthorityShared(_log, _secret.ToString(), _configMap.ToString());
    }

    /// <summary>Puts the authority of this machine, made if need be, into the Secret; gives the one that is there in the end.</summary>
    private async Task<Secret> CreateAsync(string directory, string cluster, TimeProvider clock, CancellationToken cancellationToken)
    {
        using (CertificateAuthority.OpenOrCreate(directory, cluster, clock))
        {
        }

        Secret secret = new()
        {
            Metadata = new ObjectMeta { Namespace = _secret.Namespace, Name = _secret.Name },
            Type = "Opaque",
            Data = new Dictionary<string, byte[]>
            {
                [CertificateKey] = await File.ReadAllBytesAsync(Path.Combine(directory, CertificateKey), cancellationToken),
                [PrivateKey] = await File.ReadAllBytesAsync(Path.Combine(directory, PrivateKey), cancellationToken),
            },
        };
        try
        {
            Secret created = await _writer.CreateAsync(KubernetesTypes.Secrets, secret, cancellationToken);
            KubernetesLog.AuthorityCreated(_log, _secret.ToString());
            return created;
        }
        catch (KubernetesException e) when (e.Failure is KubernetesFailure.AlreadyExists or KubernetesFailure.Unreachable)
        {
            // Another was first, or our own creation arrived and its answer did not: what is there counts.
            return await _reader.GetAsync(KubernetesTypes.Secrets, _secret, cancellationToken);
        }
    }
}
