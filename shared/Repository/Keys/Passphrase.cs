using System.Security.Cryptography;
using System.Text;

namespace K8sBackup.Repository.Keys;

/// <summary>A passphrase people keep. The exact characters count, as UTF-8; nothing is trimmed or normalised.</summary>
public sealed class Passphrase : SlotCredential
{
    /// <summary>Fewest characters accepted when a slot is made. Length is what resists guessing once the bucket is copied.</summary>
    public const int LengthMin = 12;

    /// <summary>
    /// Rounds of PBKDF2-HMAC-SHA-512 in new slots: well above the 210,000 that OWASP's password storage guidance asks for
    /// this function, at about half a second per attempt on a server core.
    /// </summary>
    public const int Iterations = 600_000;

    // A forged slot must not keep the unlocking process busy for ever: this is about half a minute.
    private const int IterationsMax = 40_000_000;

    private readonly SecretBytes _passphrase;

    private Passphrase(SecretBytes passphrase) => _passphrase = passphrase;

    public override KeySlotKind Kind => KeySlotKind.Passphrase;

    /// <summary>Takes a passphrase; one that is too short to make a slot still may open one.</summary>
    public static Passphrase From(ReadOnlySpan<char> text)
    {
        byte[] utf8 = GC.AllocateArray<byte>(Encoding.UTF8.GetByteCount(text), pinned: true);
        Encoding.UTF8.GetBytes(text, utf8);
        SecretBytes secret = SecretBytes.CopyOf(utf8);
        CryptographicOperations.ZeroMemory(utf8);
        return new Passphrase(secret);
    }

    protected override void Dispose(bool disposing) => _passphrase.Dispose();

    internal override (KeySlot Slot, SecretBytes WrappingKey) Prepare(KeySlot blank)
    {
        if (_passphrase.Length < LengthMin)
        {
            throw new KeyException(KeyError.Unusable, $"A passphrase needs at least {LengthMin} characters");
        }

        KeySlot slot = blank with { Kdf = KeySlotKdf.Pbkdf2Sha512, Iterations = Iterations };
        return (slot, Derive(slot));
    }

    internal override SecretBytes? WrappingKeyOf(KeySlot slot) => slot switch
    {
        { Kdf: not KeySlotKdf.Pbkdf2Sha512 } => throw BadParameters(slot, "a passphrase slot with an unknown key derivation"),
        { Iterations: < 1 or > IterationsMax } => throw BadParameters(slot, $"a passphrase slot with {slot.Iterations} rounds"),
        _ => Derive(slot),
    };

    private SecretBytes Derive(KeySlot slot) => SecretBytes.Create(
        MasterKeys.KeyBytes,
        (_passphrase, slot),
        static (span, s) => Rfc2898DeriveBytes.Pbkdf2(s._passphrase.Span, s.slot.Salt, span, s.slot.Iterations, HashAlgorithmName.SHA512));
}
