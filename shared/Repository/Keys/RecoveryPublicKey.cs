using System.Security.Cryptography;

namespace K8sBackup.Repository.Keys;

/// <summary>
/// Public half of a recovery key pair on P-256: it makes slots that only the private half, kept offline, opens.
/// </summary>
public sealed class RecoveryPublicKey : SlotCredential
{
    internal const int CoordinateBytes = 32;
    internal const int PointBytes = 1 + (2 * CoordinateBytes);

    private const string TextKind = "RECOVERY-PUBLIC";
    private const byte UncompressedPoint = 4; // SEC 1, section 2.3.3.

    private readonly byte[] _point;

    internal RecoveryPublicKey(byte[] point) => _point = point;

    public override KeySlotKind Kind => KeySlotKind.RecoveryKey;

    internal ReadOnlySpan<byte> Point => _point;

    /// <summary>Reads the text form.</summary>
    /// <exception cref="KeyException"><see cref="KeyError.Damaged"/>, or <see cref="KeyError.Unusable"/> when it is no point of the curve.</exception>
    public static RecoveryPublicKey Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        using SecretBytes bytes = KeyText.Parse(TextKind, text, PointBytes);
        RecoveryPublicKey key = new(bytes.Span.ToArray());
        try
        {
            using ECDiffieHellman imported = ECDiffieHellman.Create(ParametersOf(key._point));
            return key;
        }
        catch (CryptographicException e)
        {
            throw new KeyException(KeyError.Unusable, "The recovery key is no point of the curve P-256", e);
        }
    }

    /// <summary>The text form; it is not secret.</summary>
    public string Export() => KeyText.Format(TextKind, _point);

    protected override void Dispose(bool disposing)
    {
        // Nothing here is secret.
    }

    internal override (KeySlot Slot, SecretBytes WrappingKey) Prepare(KeySlot blank)
    {
        using ECDiffieHellman ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        using ECDiffieHellman recipient = ECDiffieHellman.Create(ParametersOf(_point));
        KeySlot slot = blank with
        {
            Kdf = KeySlotKdf.EcdhP256Hkdf,
            EphemeralKey = PointOf(ephemeral.ExportParameters(includePrivateParameters: false).Q),
            Fingerprint = FingerprintOf(_point),
        };
        using ECDiffieHellmanPublicKey recipientKey = recipient.PublicKey;
        return (slot, Agree(ephemeral, recipientKey, slot, _point));
    }

    internal override SecretBytes? WrappingKeyOf(KeySlot slot) =>
        throw new KeyException(KeyError.Unusable, "A recovery public key opens nothing; the private key does");

    internal static byte[] FingerprintOf(ReadOnlySpan<byte> point) => SHA256.HashData(point)[..KeySlot.FingerprintBytes];

    internal static byte[] PointOf(ECPoint q) => [UncompressedPoint, .. q.X!, .. q.Y!];

    internal static ECParameters ParametersOf(ReadOnlySpan<byte> point)
    {
        if (point.Length != PointBytes || point[0] != UncompressedPoint)
        {
            throw new CryptographicException("Not an uncompressed point.");
        }

        return new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = point.Slice(1, CoordinateBytes).ToArray(), Y = point[(1 + CoordinateBytes)..].ToArray() },
        };
    }

    /// <summary>ECIES key agreement: both points go into the derivation, so that a slot binds to exactly this pair.</summary>
    internal static SecretBytes Agree(ECDiffieHellman own, ECDiffieHellmanPublicKey other, KeySlot slot, ReadOnlySpan<byte> recipientPoint)
    {
        byte[] shared = own.DeriveRawSecretAgreement(other);
        try
        {
            byte[] info = [.. "k8sbackup/v1 recovery slot"u8, .. slot.EphemeralKey, .. recipientPoint];
            return SecretBytes.Create(
                MasterKeys.KeyBytes,
                (shared, slot.Salt, info),
                static (span, s) => HKDF.DeriveKey(HashAlgorithmName.SHA256, s.shared, span, s.Salt, s.info));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(shared);
        }
    }
}
