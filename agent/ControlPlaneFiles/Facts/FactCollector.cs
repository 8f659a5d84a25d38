using System.Security.Cryptography.X509Certificates;
using K8sBackup.Etcd.Discovery;
using K8sBackup.Kubernetes.Encryption;
using K8sBackup.Model.Manifests;

namespace K8sBackup.Agent.ControlPlaneFiles.Facts;

/// <summary>Reads what the control-plane files of a node say of themselves (<see cref="ControlPlaneFacts"/>). Never fails: what cannot be read is said.</summary>
internal sealed class FactCollector
{
    private const long ConfigurationBytesMax = 1 << 20;
    private const int ManifestsMax = 256;
    private const int DepthMax = 4;

    private static readonly string[] CertificateEndings = [".crt", ".pem", ".conf"];

    private readonly HostFiles _host;
    private readonly CertificateFiles _certificates;

    public FactCollector(HostFiles host)
    {
        _host = host;
        _certificates = new CertificateFiles(host);
    }

    public ControlPlaneFacts Collect()
    {
        List<string> problems = [];
        NodePods pods = Pods(problems);
        (string configuration, IReadOnlyList<EncryptionKeyName> keys) = Encryption(pods, problems);
        return new ControlPlaneFacts
        {
            Layout = Layouts.Of(_host, pods),
            Member = Member(pods),
            EtcdServers = [.. NodePods.List(pods.ApiServer, "etcd-servers").Take(ControlPlaneFacts.ListedMax)],
            EtcdOverrides = [.. NodePods.List(pods.ApiServer, "etcd-servers-overrides").Take(ControlPlaneFacts.ListedMax)],
            Certificates = Certificates(pods),
            Trust = new TrustFacts(_certificates).Check(pods),
            ServiceAccountKeys = ServiceAccountKeys(pods, problems),
            ServiceAccountSigner = Signer(pods, problems),
            EncryptionConfiguration = configuration,
            EncryptionKeys = [.. keys.Take(ControlPlaneFacts.ListedMax)],
            Problems = [.. problems.Take(ControlPlaneFacts.ListedMax)],
        };
    }

    private NodePods Pods(List<string> problems)
    {
        List<StaticPod> pods = [];
        foreach (string directory in Layouts.ManifestDirectories)
        {
            foreach (string name in _host.List(directory).Where(name => !name.StartsWith('.')).Take(ManifestsMax))
            {
                try
                {
                    pods.Add(StaticPodParser.Parse(_host.ReadText($"{directory}/{name}", ConfigurationBytesMax), $"/{directory}/{name}"));
                }
                catch (StaticPodException e)
                {
                    problems.Add(e.Message);
                }
                catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
                {
                    problems.Add($"/{directory}/{name}: {e.Message}");
                }
            }
        }

        return new NodePods(pods);
    }

    private static EtcdMemberFiles? Member(NodePods pods) => pods.Etcd is not { } etcd
        ? null
        : new EtcdMemberFiles(
            NodePods.List(etcd, "name") is [string name, ..] ? name : "default",
            NodePods.File(etcd, "data-dir") ?? "",
            NodePods.List(etcd, "initial-advertise-peer-urls"));

    private List<string> ServiceAccountKeys(NodePods pods, List<string> problems)
    {
        List<string> keys = [];
        foreach (string path in NodePods.Files(pods.ApiServer, "service-account-key-file").Take(ControlPlaneFacts.ListedMax))
        {
            string fingerprint = _certificates.KeyFingerprint(path, out string problem);
            if (fingerprint.Length > 0)
            {
                keys.Add(fingerprint);
            }
            else
            {
                problems.Add($"{path}: {problem}");
            }
        }

        return keys;
    }

    private string Signer(NodePods pods, List<string> problems)
    {
        string? path = NodePods.File(pods.ApiServer, "service-account-signing-key-file")
            ?? NodePods.File(pods.ControllerManager, "service-account-private-key-file");
        string problem = "";
        string fingerprint = path is null ? "" : _certificates.KeyFingerprint(path, out problem);
        if (problem.Length > 0)
        {
            problems.Add($"{path}: {problem}");
        }

        return fingerprint;
    }

    private (string Path, IReadOnlyList<EncryptionKeyName> Keys) Encryption(NodePods pods, List<string> problems)
    {
        if ((NodePods.File(pods.ApiServer, "encryption-provider-config") ?? Layouts.EncryptionConfigurations.FirstOrDefault(_host.Exists)) is not { } path)
        {
            return ("", []);
        }

        try
        {
            return (path, EncryptionKeyNames.Parse(_host.ReadText(path, ConfigurationBytesMax)));
        }
        catch (Exception e) when (e is EncryptionConfigurationException or IOException or UnauthorizedAccessException)
        {
            problems.Add($"{path}: {e.Message}");
            return (path, []);
        }
    }

    private List<CertificateFact> Certificates(NodePods pods)
    {
        SortedSet<string> paths = new(StringComparer.Ordinal);
        foreach (string directory in Layouts.CertificateDirectories)
        {
            paths.UnionWith(Below(directory, DepthMax));
        }

        foreach (string flag in new[] { "cert-file", "peer-cert-file", "trusted-ca-file", "peer-trusted-ca-file" })
        {
            paths.UnionWith(NodePods.Files(pods.Etcd, flag));
        }

        List<CertificateFact> facts = [];
        foreach (string path in paths.TakeWhile(_ => facts.Count < CertificateFact.CertificatesMax))
        {
            foreach (X509Certificate2 certificate in _certificates.Read(path, out _))
            {
                using (certificate)
                {
                    facts.Add(new CertificateFact(path, certificate.Subject, new DateTimeOffset(certificate.NotAfter.ToUniversalTime())));
                }
            }
        }

        return [.. facts.Take(CertificateFact.CertificatesMax)];
    }

    private IEnumerable<string> Below(string directory, int depth)
    {
        foreach (string name in _host.List(directory).Take(CertificateFact.CertificatesMax))
        {
            string path = $"{directory}/{name}";
            if (_host.IsDirectory(path))
            {
                foreach (string deeper in depth > 1 ? Below(path, depth - 1) : [])
                {
                    yield return deeper;
                }
            }
            else if (CertificateEndings.Any(ending => name.EndsWith(ending, StringComparison.Ordinal)))
            {
                yield return "/" + path;
            }
        }
    }
}
