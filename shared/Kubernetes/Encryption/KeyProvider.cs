namespace K8sBackup.Kubernetes.Encryption;

/// <summary>Providers of encryption at rest whose keys stand in the configuration.</summary>
internal enum KeyProvider
{
    AesCbc,
    AesGcm,
    Secretbox,
}
