using System.Security.Cryptography.X509Certificates;
using K8sBackup.Etcd.Discovery;
using K8sBackup.Model.Manifests;

namespace K8sBackup.Agent.ControlPlaneFiles.Facts;

/// <summary>Checks that etcd's certificates, and the API server's for etcd, are signed by the captured authority and have their keys.</summary>
internal sealed class TrustFacts
{
    private readonly CertificateFiles _files;

    public TrustFacts(CertificateFiles files) => _files = files;

    /// <summary>One fact for each certificate the manifests name. Whom it is shown to says which authority must have signed it.</summary>
    public IReadOnlyList<TrustFact> Check(NodePods pods)
    {
        StaticPod? etcd = pods.Etcd;
        StaticPod? server = pods.ApiServer;
        string? clientAuthority = NodePods.File(etcd, "trusted-ca-file");
        string? serverAuthority = NodePods.File(server, "etcd-cafile");
        (string Purpose, string? Certificate, string? Key, string? Authority)[] uses =
        [
            ("etcd server", NodePods.File(etcd, "cert-file"), NodePods.File(etcd, "key-file"), serverAuthority ?? clientAuthority),
            ("etcd peer", NodePods.File(etcd, "peer-cert-file"), NodePods.File(etcd, "peer-key-file"), NodePods.File(etcd, "peer-trusted-ca-file")),
            ("API server as client of etcd", NodePods.File(server, "etcd-certfile"), NodePods.File(server, "etcd-keyfile"), clientAuthority ?? serverAuthority),
        ];
        return [.. uses.Where(use => use.Certificate is not null).Select(use => Check(use.Purpose, use.Certificate!, use.Key, use.Authority))];
    }

    private TrustFact Check(string purpose, string certificatePath, string? keyPath, string? authorityPath)
    {
        if (authorityPath is null)
        {
            return new TrustFact(purpose, certificatePath, "", "", "no manifest names the authority");
        }

        List<X509Certificate2> certificates = _files.Read(certificatePath, out string certificateProblem);
        List<X509Certificate2> authorities = _files.Read(authorityPath, out string authorityProblem);
        try
        {
            string fingerprint = authorities.Count > 0 ? CertificateFiles.Fingerprint(authorities[0]) : "";
            string problem = certificates.Count == 0 ? $"{certificatePath}: {certificateProblem}"
                : authorities.Count == 0 ? $"{authorityPath}: {authorityProblem}"
                : !CertificateFiles.IsSigned(certificates[0], authorities) ? $"{certificatePath} is not signed by {authorityPath}"
                : keyPath is null ? $"no manifest names the key of {certificatePath}"
                : _files.KeyFits(certificates[0], keyPath, out string keyProblem) ? ""
                : keyProblem.Length > 0 ? $"{keyPath}: {keyProblem}"
                : $"{keyPath} is not the key of {certificatePath}";
            return new TrustFact(purpose, certificatePath, authorityPath, fingerprint, problem);
        }
        finally
        {
            certificates.Concat(authorities).ToList().ForEach(each => each.Dispose());
        }
    }
}
