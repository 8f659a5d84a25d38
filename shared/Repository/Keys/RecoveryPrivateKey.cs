using System.Security.Cryptography;

namespace K8sBackup.Repository.Keys;

/// <summary>Private half of a recovery key pair: opens the slots its public half made. Kept offline.</summary>
public sealed class RecoveryPrivateKey : SlotCredential
{
    private const string TextKind = "RECOVERY-PRIVATE";

    private readonly SecretBytes _scalar;
    private readonly ECDiffieHellman _key;

    private RecoveryPrivateKey(SecretBytes scalar, ECDiffieHellman key)
    {
        _scalar = scalar;
        _key = key;
        PublicKey = new RecoveryPublicKey(RecoveryPublicKey.PointOf(key.ExportParameters(includePrivateParameters: false).Q));
    }

    public override KeySlotKind Kind => KeySlotKind.RecoveryKey;

    /// <summary>The other half.</summary>
    public RecoveryPublicKey PublicKey { get; }

    /// <summary>Makes a new key pair.</summary>
    public static RecoveryPrivateKey Generate()
    {
        ECDiffieHellman key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        byte[] scalar = key.ExportParameters(includePrivateParameters: true).D!;
        SecretBytes secret = SecretBytes.CopyOf(scalar);
        CryptographicOperations.ZeroMemory(scalar);
        return new RecoveryPrivateKey(secret, key);
    }

    /// <summary>Reads the text form.</summary>
    /// <exception cref="KeyException"><see cref="KeyError.Damaged"/>, or <see cref="KeyError.Unusable"/> for an impossible number.</exception>
    public static RecoveryPrivateKey Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        SecretBytes scalar = KeyText.Parse(TextKind, text, RecoveryPublicKey.CoordinateBytes);
        byte[] copy = scalar.Span.ToArray();
        try
        {
            ECParameters parameters = new() { Curve = ECCurve.NamedCurves.nistP256, D = copy };
            return new RecoveryPrivateKey(scalar, ECDiffieHellman.Create(parameters));
        }
        catch (CryptographicException e)
        {
            scalar.Dispose();
            throw new KeyException(KeyError.Unusable, "The recovery key is no private key of the curve P-256", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(copy);
        }
    }

    /// <summary>The text form. It is the secret itself: show it once, to be kept offline.</summary>
    public string Export() => KeyText.Format(TextKind, _scalar.Span);

    protected override void Dispose(bool disposing)
    {
        _scalar.Dispose();
        _key.Dispose();
    }

    internal override (KeySlot Slot, SecretBytes WrappingKey) Prepare(KeySlot blank) => PublicKey.Prepare(blank);

    internal override SecretBytes? WrappingKeyOf(KeySlot slot)
    {
        if (slot.Kdf != KeySlotKdf.EcdhP256Hkdf)
        {
            throw BadParameters(slot, "a recovery slot with an unknown key derivation");
        }

        if (!slot.Fingerprint.AsSpan().SequenceEqual(RecoveryPublicKey.FingerprintOf(PublicKey.Point)))
        {
            return null;
        }

        try
        {
            using ECDiffieHellman ephemeral = ECDiffieHellman.Create(RecoveryPublicKey.ParametersOf(slot.EphemeralKey));
            using ECDiffieHellmanPublicKey ephemeralKey = ephemeral.PublicKey;
            return RecoveryPublicKey.Agree(_key, ephemeralKey, slot, PublicKey.Point);
        }
        catch (CryptographicException)
        {
            throw BadParameters(slot, "the recovery slot's ephemeral key is no point of the curve");
        }
    }
}
