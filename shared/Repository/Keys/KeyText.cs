using System.Security.Cryptography;

namespace K8sBackup.Repository.Keys;

/// <summary>
/// Text form of keys people and Secrets keep: <c>K8SBACKUP-KIND-1-hexadecimal-checksum</c>, the checksum being the first four bytes
/// of the SHA-256 of everything before it. A mistyped or damaged key is so told from a wrong one.
/// </summary>
internal static class KeyText
{
    private const int ChecksumCharacters = 8;

    public static string Format(string kind, ReadOnlySpan<byte> key)
    {
        string body = $"{Prefix(kind)}{Convert.ToHexStringLower(key)}";
        return $"{body}-{Checksum(body)}";
    }

    /// <summary>Reads a key; white space around it is ignored, because Secrets and editors add newlines.</summary>
    /// <exception cref="KeyException"><see cref="KeyError.Damaged"/>; the message never shows the text.</exception>
    public static SecretBytes Parse(string kind, string text, int keyBytes)
    {
        string trimmed = text.Trim();
        string prefix = Prefix(kind);
        int length = prefix.Length + (2 * keyBytes) + 1 + ChecksumCharacters;
        if (!trimmed.StartsWith(prefix, StringComparison.Ordinal))
        {
            throw new KeyException(KeyError.Damaged, $"The text is not a {kind.ToLowerInvariant()} key: it must begin with {prefix}");
        }

        if (trimmed.Length != length)
        {
            throw new KeyException(KeyError.Damaged, $"The key is damaged: {trimmed.Length} characters instead of {length}");
        }

        string body = trimmed[..^(ChecksumCharacters + 1)];
        if (trimmed[body.Length] != '-' || !string.Equals(Checksum(body), trimmed[(body.Length + 1)..], StringComparison.Ordinal))
        {
            throw new KeyException(KeyError.Damaged, "The key is damaged or mistyped: its checksum differs");
        }

        return SecretBytes.Create(keyBytes, body[prefix.Length..], static (span, hex) =>
        {
            if (Convert.FromHexString(hex, span, out _, out int written) != System.Buffers.OperationStatus.Done || written != span.Length)
            {
                throw new KeyException(KeyError.Damaged, "The key holds a character that is no hexadecimal digit");
            }
        });
    }

    private static string Prefix(string kind) => $"K8SBACKUP-{kind}-1-";

    private static string Checksum(string body) =>
        Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(body)))[..ChecksumCharacters];
}
