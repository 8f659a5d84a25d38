using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using K8sBackup.Model.Ids;

namespace K8sBackup.Transport.Identity;

/// <summary>
/// A one-time right to enrol: <c>kb1.ID.SECRET.KEY</c>, where SECRET is 32 random bytes and KEY the coordinator
/// authority's public point (X and Y, 64 bytes), both base64url. The key lets an agent know the coordinator before
/// it sends the secret. Never logged: <see cref="ToString"/> shows the id only.
/// </summary>
public sealed class JoinToken
{
    /// <summary>Longest text form.</summary>
    public const int TextLengthMax = 256;

    private const string Prefix = "kb1";
    private const int SecretBytes = 32;
    private const int CoordinateBytes = 32;

    private readonly byte[] _secret;
    private readonly byte[] _authorityKey;

    private JoinToken(SortableId id, byte[] secret, byte[] authorityKey)
    {
        Id = id;
        _secret = secret;
        _authorityKey = authorityKey;
    }

    public SortableId Id { get; }

    /// <summary>A new token for the authority whose certificate is given.</summary>
    public static JoinToken Create(System.Security.Cryptography.X509Certificates.X509Certificate2 authority, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(authority);
        using ECDsa key = System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions.GetECDsaPublicKey(authority)
            ?? throw new ArgumentException("The authority has no ECDSA key.", nameof(authority));
        ECPoint point = key.ExportParameters(false).Q;
        return new JoinToken(SortableId.Create(clock), RandomNumberGenerator.GetBytes(SecretBytes), [.. point.X!, .. point.Y!]);
    }

    /// <summary>Reads the text form; false when it is malformed.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out JoinToken? token)
    {
        token = null;
        string[] parts = text is { Length: <= TextLengthMax } ? text.Trim().Split('.') : [];
        if (parts.Length != 4 || parts[0] != Prefix || !SortableId.TryParse(parts[1], out SortableId id)
            || !TryDecode(parts[2], SecretBytes, out byte[]? secret) || !TryDecode(parts[3], 2 * CoordinateBytes, out byte[]? key))
        {
            return false;
        }

        token = new JoinToken(id, secret, key);
        return true;
    }

    /// <summary>SHA-256 over the secret: what the coordinator keeps.</summary>
    public byte[] SecretHash() => SHA256.HashData(_secret);

    /// <summary>The authority's public key.</summary>
    /// <exception cref="CryptographicException">The bytes are not a point of the curve.</exception>
    public ECDsa AuthorityKey() => ECDsa.Create(new ECParameters
    {
        Curve = ECCurve.NamedCurves.nistP256,
        Q = new ECPoint { X = _authorityKey[..CoordinateBytes], Y = _authorityKey[CoordinateBytes..] },
    });

    /// <summary>The whole token, for showing it once and for sending it to the coordinator.</summary>
    public string Reveal() => $"{Prefix}.{Id}.{Base64Url.EncodeToString(_secret)}.{Base64Url.EncodeToString(_authorityKey)}";

    public override string ToString() => $"{Prefix}.{Id}.[redacted]";

    private static bool TryDecode(string text, int length, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        if (!Base64Url.IsValid(text, out int decoded) || decoded != length)
        {
            return false;
        }

        bytes = Base64Url.DecodeFromChars(text);
        return true;
    }
}
