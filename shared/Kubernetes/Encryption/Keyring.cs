using System.Security.Cryptography;

namespace K8sBackup.Kubernetes.Encryption;

/// <summary>
/// The keys of an EncryptionConfiguration. Decrypts aescbc, aesgcm and secretbox. Not KMS: its keys are not in the file.
/// </summary>
public sealed class Keyring
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int BlockBytes = 16;

    private readonly IReadOnlyList<ConfiguredKey> _keys;

    private Keyring(IReadOnlyList<ConfiguredKey> keys) => _keys = keys;

    /// <summary>No keys: everything stays as it is.</summary>
    public static Keyring Empty { get; } = new([]);

    /// <summary>Number of keys.</summary>
    public int Count => _keys.Count;

    /// <summary>Takes the keys of a configuration.</summary>
    /// <exception cref="EncryptionConfigurationException">The text is something else, or a key in it cannot be one.</exception>
    public static Keyring Parse(string yaml)
    {
        ArgumentNullException.ThrowIfNull(yaml);
        return new Keyring(EncryptionConfiguration.Parse(yaml));
    }

    internal Decryption Decrypt(ReadOnlySpan<byte> etcdKey, EncryptedValue value)
    {
        KeyProvider? provider = value.Provider switch
        {
            "aescbc:v1" => KeyProvider.AesCbc,
            "aesgcm:v1" => KeyProvider.AesGcm,
            "secretbox:v1" => KeyProvider.Secretbox,
            _ => null,
        };
        Protection asWritten = new(value.Provider, value.Provider.Length > 0 ? value.NameAsWritten() : "");
        if (provider is not { } known)
        {
            return Decryption.Failed(asWritten, value.Provider switch
            {
                "kms:v1" or "kms:v2" => $"encrypted by the KMS plug-in '{asWritten.KeyName}', whose keys are not in any file",
                "" => "encrypted, with a prefix that names no provider",
                _ => $"encrypted by '{value.Provider}', which is not known here",
            });
        }

        Decryption? wrong = null;
        foreach (ConfiguredKey key in _keys)
        {
            // Two groups of resources may each have a key of the same name.
            if (key.Provider == known && value.IsOf(key.Name, out ReadOnlySpan<byte> ciphertext))
            {
                Decryption tried = Try(key, etcdKey, ciphertext, new Protection(value.Provider, key.Name));
                if (tried.Plaintext is not null)
                {
                    return tried;
                }

                wrong = tried;
            }
        }

        return wrong ?? Decryption.Failed(asWritten, _keys.Count == 0
            ? "encrypted; no encryption configuration was given"
            : $"encrypted with the key '{asWritten.KeyName}', which the encryption configuration does not have");
    }

    private static Decryption Try(ConfiguredKey key, ReadOnlySpan<byte> etcdKey, ReadOnlySpan<byte> ciphertext, Protection protection)
    {
        try
        {
            return key.Provider switch
            {
                KeyProvider.AesCbc => Cbc(key, ciphertext, protection),
                KeyProvider.AesGcm => Gcm(key, etcdKey, ciphertext, protection),
                _ => Box(key, ciphertext, protection),
            };
        }
        catch (CryptographicException)
        {
            return DoesNotFit(key, protection);
        }
    }

    private static Decryption DoesNotFit(ConfiguredKey key, Protection protection) =>
        Decryption.Failed(protection, $"the key '{key.Name}' does not decrypt it: it is another key of that name, or the value is damaged");

    private static Decryption Cbc(ConfiguredKey key, ReadOnlySpan<byte> ciphertext, Protection protection)
    {
        if (ciphertext.Length < 2 * BlockBytes || ciphertext.Length % BlockBytes != 0)
        {
            return Decryption.Failed(protection, "the ciphertext has a length AES-CBC never gives it");
        }

        using Aes aes = Aes.Create();
        aes.Key = key.Secret;
        return new Decryption(protection, aes.DecryptCbc(ciphertext[BlockBytes..], ciphertext[..BlockBytes]), IsAuthenticated: false, "");
    }

    private static Decryption Gcm(ConfiguredKey key, ReadOnlySpan<byte> etcdKey, ReadOnlySpan<byte> ciphertext, Protection protection)
    {
        if (ciphertext.Length < NonceBytes + TagBytes)
        {
            return Decryption.Failed(protection, "the ciphertext is shorter than AES-GCM makes any");
        }

        byte[] plaintext = new byte[ciphertext.Length - NonceBytes - TagBytes];
        using AesGcm aes = new(key.Secret, TagBytes);
        aes.Decrypt(ciphertext[..NonceBytes], ciphertext[NonceBytes..^TagBytes], ciphertext[^TagBytes..], plaintext, etcdKey);
        return new Decryption(protection, plaintext, IsAuthenticated: true, "");
    }

    private static Decryption Box(ConfiguredKey key, ReadOnlySpan<byte> ciphertext, Protection protection)
    {
        if (ciphertext.Length < Secretbox.NonceBytes + Secretbox.TagBytes)
        {
            return Decryption.Failed(protection, "the ciphertext is shorter than secretbox makes any");
        }

        return Secretbox.TryOpen(key.Secret, ciphertext[..Secretbox.NonceBytes], ciphertext[Secretbox.NonceBytes..], out byte[]? plaintext)
            ? new Decryption(protection, plaintext, IsAuthenticated: true, "")
            : DoesNotFit(key, protection);
    }
}
