using K8sBackup.Model.Manifests;

namespace K8sBackup.Kubernetes.Encryption;

/// <summary>Which keys an API server's encryption configuration has and which KMS it names, without the keys themselves.</summary>
public static class EncryptionKeyNames
{
    /// <summary>The names in the text of a configuration, in its order.</summary>
    /// <exception cref="EncryptionConfigurationException">The text is something else, or a key in it cannot be one.</exception>
    public static IReadOnlyList<EncryptionKeyName> Parse(string yaml)
    {
        ArgumentNullException.ThrowIfNull(yaml);
        return [.. EncryptionConfiguration.Parse(yaml).Select(key => new EncryptionKeyName(NameOf(key.Provider), key.Name))
            .Concat(EncryptionConfiguration.KmsNames(yaml).Select(name => new EncryptionKeyName("kms", name)))];
    }

    private static string NameOf(KeyProvider provider) => provider switch
    {
        KeyProvider.AesCbc => "aescbc",
        KeyProvider.AesGcm => "aesgcm",
        _ => "secretbox",
    };
}
