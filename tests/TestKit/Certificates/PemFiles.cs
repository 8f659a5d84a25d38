namespace K8sBackup.TestKit.Certificates;

/// <summary>Paths of a certificate and its private key (PKCS#8), both PEM.</summary>
public sealed record PemFiles(string CertificatePath, string KeyPath);
