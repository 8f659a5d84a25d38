using System.Text;

namespace K8sBackup.Kubernetes.Encryption;

/// <summary>A value with Kubernetes' prefix of encryption at rest: <c>k8s:enc:PROVIDER:VERSION:</c>, a key's name, a colon.</summary>
internal readonly ref struct EncryptedValue
{
    // Longer names are no names; the text goes into messages.
    private const int NameBytesMax = 256;

    private EncryptedValue(string provider, ReadOnlySpan<byte> rest)
    {
        Provider = provider;
        Rest = rest;
    }

    private static ReadOnlySpan<byte> Prefix => "k8s:enc:"u8;

    /// <summary>Provider and version, such as aescbc:v1; empty when what follows the prefix is neither.</summary>
    public string Provider { get; }

    /// <summary>The key's name, a colon, and the ciphertext.</summary>
    public ReadOnlySpan<byte> Rest { get; }

    /// <summary>False when the value is not encrypted.</summary>
    public static bool TryRead(ReadOnlySpan<byte> value, out EncryptedValue encrypted)
    {
        encrypted = default;
        if (!value.StartsWith(Prefix))
        {
            return false;
        }

        ReadOnlySpan<byte> rest = value[Prefix.Length..];
        string provider = TakeWord(ref rest);
        string version = provider.Length > 0 ? TakeWord(ref rest) : "";
        encrypted = version.Length > 0 ? new EncryptedValue($"{provider}:{version}", rest) : new EncryptedValue("", value[Prefix.Length..]);
        return true;
    }

    /// <summary>The key's name where no key is known: what stands before the next colon; empty when that is no name.</summary>
    public string NameAsWritten()
    {
        ReadOnlySpan<byte> rest = Rest;
        return TakeWord(ref rest);
    }

    /// <summary>The ciphertext behind the name of a key; false when it is of another.</summary>
    public bool IsOf(string keyName, out ReadOnlySpan<byte> ciphertext)
    {
        byte[] name = Encoding.UTF8.GetBytes(keyName + ":");
        bool matches = Rest.StartsWith(name);
        ciphertext = matches ? Rest[name.Length..] : default;
        return matches;
    }

    private static string TakeWord(ref ReadOnlySpan<byte> rest)
    {
        int colon = rest[..Math.Min(rest.Length, NameBytesMax)].IndexOf((byte)':');
        if (colon <= 0 || rest[..colon].ContainsAnyExceptInRange((byte)'!', (byte)'~'))
        {
            return "";
        }

        string word = Encoding.ASCII.GetString(rest[..colon]);
        rest = rest[(colon + 1)..];
        return word;
    }
}
