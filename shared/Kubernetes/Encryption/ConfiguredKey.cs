namespace K8sBackup.Kubernetes.Encryption;

/// <summary>A key of the configuration. A class, not a record: nothing prints its bytes.</summary>
internal sealed class ConfiguredKey
{
    public ConfiguredKey(KeyProvider provider, string name, byte[] secret)
    {
        Provider = provider;
        Name = name;
        Secret = secret;
    }

    public KeyProvider Provider { get; }

    public string Name { get; }

    public byte[] Secret { get; }
}
