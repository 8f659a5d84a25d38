using System.Security.Cryptography;
using K8sBackup.Model.Files;

namespace K8sBackup.Repository.Keys;

/// <summary>32 random bytes in a file of one line, as kept in a Kubernetes Secret; opens a repository without people.</summary>
public sealed class KeyFile : SlotCredential
{
    private const string TextKind = "KEY";
    private const int KeyBytes = 32;
    private const int FileCharactersMax = 4096;

    private readonly SecretBytes _key;

    private KeyFile(SecretBytes key) => _key = key;

    public override KeySlotKind Kind => KeySlotKind.KeyFile;

    /// <summary>Makes a new random key.</summary>
    public static KeyFile Generate() => new(SecretBytes.Random(KeyBytes));

    /// <summary>Reads the text form.</summary>
    /// <exception cref="KeyException"><see cref="KeyError.Damaged"/>.</exception>
    public static KeyFile Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new KeyFile(KeyText.Parse(TextKind, text, KeyBytes));
    }

    /// <summary>Reads a key file.</summary>
    /// <exception cref="KeyException"><see cref="KeyError.Damaged"/>.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static KeyFile Read(string path)
    {
        // Whatever length it says it has: a pipe says none.
        using StreamReader file = new(path);
        char[] text = new char[FileCharactersMax + 1];
        int length = file.ReadBlock(text);
        return length <= FileCharactersMax
            ? Parse(new string(text, 0, length))
            : throw new KeyException(KeyError.Damaged, $"{path} is longer than any key file");
    }

    /// <summary>The text form. It is the secret itself: show or store it only where the operator asked.</summary>
    public string Export() => KeyText.Format(TextKind, _key.Span);

    /// <summary>Writes the key to a new file that only its owner can read.</summary>
    /// <exception cref="IOException">The file exists or cannot be written.</exception>
    public void WriteNew(string path)
    {
        FileStreamOptions options = new()
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using FileStream file = new(path, options);
        file.Write(System.Text.Encoding.ASCII.GetBytes(Export() + "\n"));
        DiskSync.Sync(file);
    }

    protected override void Dispose(bool disposing) => _key.Dispose();

    internal override (KeySlot Slot, SecretBytes WrappingKey) Prepare(KeySlot blank)
    {
        KeySlot slot = blank with { Kdf = KeySlotKdf.Hkdf, Fingerprint = Fingerprint() };
        return (slot, Derive(slot));
    }

    internal override SecretBytes? WrappingKeyOf(KeySlot slot)
    {
        if (slot.Kdf != KeySlotKdf.Hkdf)
        {
            throw BadParameters(slot, "a key file slot with another key derivation");
        }

        return slot.Fingerprint.AsSpan().SequenceEqual(Fingerprint()) ? Derive(slot) : null;
    }

    private byte[] Fingerprint()
    {
        byte[] fingerprint = new byte[KeySlot.FingerprintBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _key.Span, fingerprint, [], "k8sbackup/v1 key file fingerprint"u8);
        return fingerprint;
    }

    private SecretBytes Derive(KeySlot slot) => SecretBytes.Create(
        MasterKeys.KeyBytes,
        (_key, slot),
        static (span, s) => HKDF.DeriveKey(HashAlgorithmName.SHA256, s._key.Span, span, s.slot.Salt, "k8sbackup/v1 key file slot"u8));
}
