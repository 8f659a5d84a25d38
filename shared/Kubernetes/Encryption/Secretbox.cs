using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace K8sBackup.Kubernetes.Encryption;

/// <summary>
/// NaCl's secretbox, XSalsa20 and Poly1305, for reading: .NET has neither. Nothing is ever encrypted with it
/// (docs/adr/2026-11-21-reading-secretbox.md).
/// </summary>
internal static class Secretbox
{
    public const int NonceBytes = 24;
    public const int TagBytes = Poly1305.TagBytes;

    /// <summary>Opens a box: its tag, then the ciphertext. False when the tag is not that of this key, nonce and content.</summary>
    public static bool TryOpen(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> box, [NotNullWhen(true)] out byte[]? message)
    {
        message = null;
        if (box.Length < TagBytes)
        {
            return false;
        }

        ReadOnlySpan<byte> ciphertext = box[TagBytes..];
        Span<byte> derived = stackalloc byte[Salsa20.KeyBytes];
        Span<byte> input = stackalloc byte[Salsa20.InputBytes];
        Span<byte> stream = stackalloc byte[Salsa20.BlockBytes];
        Span<byte> tag = stackalloc byte[TagBytes];
        Salsa20.Hash(key, nonce[..Salsa20.InputBytes], derived);
        input.Clear();
        nonce[Salsa20.InputBytes..].CopyTo(input);

        // The first half of the first block is the authenticator's key; the message's stream begins behind it.
        Salsa20.Block(derived, input, stream);
        Poly1305.Tag(stream[..Poly1305.KeyBytes], ciphertext, tag);
        bool fits = CryptographicOperations.FixedTimeEquals(tag, box[..TagBytes]);
        if (fits)
        {
            message = ciphertext.ToArray();
            for (int i = 0; i < message.Length; i++)
            {
                int at = (i + Poly1305.KeyBytes) % Salsa20.BlockBytes;
                if (at == 0)
                {
                    BinaryPrimitives.WriteUInt64LittleEndian(input[8..], BinaryPrimitives.ReadUInt64LittleEndian(input[8..]) + 1);
                    Salsa20.Block(derived, input, stream);
                }

                message[i] ^= stream[at];
            }
        }

        CryptographicOperations.ZeroMemory(derived);
        CryptographicOperations.ZeroMemory(stream);
        return fits;
    }
}
