using System.Text;
using K8sBackup.Coordinator.Rotation;
using K8sBackup.KubernetesApi.Cluster;
using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.Transport.Identity;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Kubernetes;

/// <summary>
/// One authority for all coordinators: it lives in a Secret, which is created once, so that of two first starts one wins and the other takes what won,
/// and written over only when another authority takes its place. What lies in the state directory is a copy. The certificates to trust are
/// published for agents in a ConfigMap.
/// </summary>
public sealed class SharedAuthority : IAuthorityHome
{
    private const string CertificateKey = AuthorityFolder.Certificate;
    private const string PrivateKey = AuthorityFolder.Key;
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
        if (!secret.Data.ContainsKey(CertificateKey) || !secret.Data.ContainsKey(PrivateKey))
        {
            throw new InvalidDataException($"The Secret {_secret} does not hold {CertificateKey} and {PrivateKey}; an authority is expected there.");
        }

        PrivateFiles.CreateDirectory(directory);
        foreach (string name in AuthorityFolder.Names)
        {
            string path = Path.Combine(directory, name);
            if (secret.Data.TryGetValue(name, out byte[]? content))
            {
                PrivateFiles.Write(path, Encoding.ASCII.GetString(content));
            }
            else
            {
                File.Delete(path);
            }
        }

        using AuthorityPair authorities = AuthorityPair.OpenOrCreate(directory, cluster, clock);
        await PublishAsync([.. authorities.Certificates.Select(authority => authority.ExportCertificatePem())], cancellationToken);
        KubernetesLog.AuthorityShared(_log, _secret.ToString(), _configMap.ToString());
    }

    public async Task KeepAsync(IReadOnlyDictionary<string, string> files, IReadOnlyList<string> certificates, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(files);
        try
        {
            Secret there = await _reader.GetAsync(KubernetesTypes.Secrets, _secret, cancellationToken);
            Secret changed = there with { Data = files.ToDictionary(file => file.Key, file => Encoding.ASCII.GetBytes(file.Value)) };
            // Of the version that was read: a coordinator that leads no more changes nothing.
            await _writer.UpdateAsync(KubernetesTypes.Secrets, changed, Subresource.None, cancellationToken);
            await PublishAsync(certificates, cancellationToken);
        }
        catch (KubernetesException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    private async Task PublishAsync(IReadOnlyList<string> certificates, CancellationToken cancellationToken)
    {
        ConfigMap published = new()
        {
            Metadata = new ObjectMeta { Namespace = _configMap.Namespace, Name = _configMap.Name },
            Data = new Dictionary<string, string> { [CertificateKey] = string.Join('\n', certificates) + "\n" },
        };
        await _writer.ApplyAsync(KubernetesTypes.ConfigMaps, published, new ApplyOptions(Manager) { Force = true }, cancellationToken);
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
