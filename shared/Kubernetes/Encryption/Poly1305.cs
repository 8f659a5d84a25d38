using System.Buffers.Binary;

namespace K8sBackup.Kubernetes.Encryption;

/// <summary>
/// Poly1305 (RFC 8439, 2.5): the message as numbers of 16 bytes, a polynomial of them modulo 2^130 - 5. Numbers are held in
/// limbs of 44, 44 and 42 bits; no branch and no index depends on key or message.
/// </summary>
internal ref struct Poly1305
{
    public const int KeyBytes = 32;
    public const int TagBytes = 16;

    private const int BlockBytes = 16;
    private const ulong Mask44 = (1UL << 44) - 1;
    private const ulong Mask42 = (1UL << 42) - 1;

    // The bit above a block's 128, in the third limb.
    private const ulong AboveBlock = 1UL << 40;

    private readonly ulong _r0, _r1, _r2;
    private ulong _h0, _h1, _h2;

    private Poly1305(ReadOnlySpan<byte> key)
    {
        UInt128 r = BinaryPrimitives.ReadUInt128LittleEndian(key) & new UInt128(0x0ffffffc0ffffffc, 0x0ffffffc0fffffff);
        (_r0, _r1, _r2) = Limbs(r);
    }

    /// <summary>The tag of a message. A key is for one message only.</summary>
    public static void Tag(ReadOnlySpan<byte> key, ReadOnlySpan<byte> message, Span<byte> tag)
    {
        Poly1305 state = new(key);
        while (message.Length >= BlockBytes)
        {
            state.Add(BinaryPrimitives.ReadUInt128LittleEndian(message), AboveBlock);
            message = message[BlockBytes..];
        }

        if (message.Length > 0)
        {
            Span<byte> last = stackalloc byte[BlockBytes];
            last.Clear();
            message.CopyTo(last);
            last[message.Length] = 1;
            state.Add(BinaryPrimitives.ReadUInt128LittleEndian(last), 0);
        }

        BinaryPrimitives.WriteUInt128LittleEndian(tag, state.Finish() + BinaryPrimitives.ReadUInt128LittleEndian(key[BlockBytes..]));
    }

    private static (ulong Low, ulong Middle, ulong High) Limbs(UInt128 number) =>
        ((ulong)number & Mask44, (ulong)(number >> 44) & Mask44, (ulong)(number >> 88) & Mask42);

    // h = (h + block) * r. What lies above 2^130 comes back times five; the limbs of 44 bits are in steps of four bits more than that.
    private void Add(UInt128 block, ulong above)
    {
        (ulong b0, ulong b1, ulong b2) = Limbs(block);
        UInt128 h0 = _h0 + b0, h1 = _h1 + b1, h2 = _h2 + (b2 | above);
        UInt128 wrapped1 = _r1 * 20, wrapped2 = _r2 * 20;
        UInt128 d0 = (h0 * _r0) + (h1 * wrapped2) + (h2 * wrapped1);
        UInt128 d1 = (h0 * _r1) + (h1 * _r0) + (h2 * wrapped2) + (d0 >> 44);
        UInt128 d2 = (h0 * _r2) + (h1 * _r1) + (h2 * _r0) + (d1 >> 44);
        ulong low = ((ulong)d0 & Mask44) + ((ulong)(d2 >> 42) * 5);
        _h0 = low & Mask44;
        _h1 = ((ulong)d1 & Mask44) + (low >> 44);
        _h2 = (ulong)d2 & Mask42;
    }

    // The number below 2^130 - 5, without what lies above 128 bits.
    private UInt128 Finish()
    {
        Carry();
        Carry();
        ulong g0 = _h0 + 5;
        ulong g1 = _h1 + (g0 >> 44);
        ulong g2 = _h2 + (g1 >> 44) - (1UL << 42);
        // All ones when the number was 2^130 - 5 or more.
        ulong reduce = (g2 >> 63) - 1;
        ulong h0 = (_h0 & ~reduce) | (g0 & Mask44 & reduce);
        ulong h1 = (_h1 & ~reduce) | (g1 & Mask44 & reduce);
        ulong h2 = (_h2 & ~reduce) | (g2 & reduce);
        return h0 + ((UInt128)h1 << 44) + ((UInt128)h2 << 88);
    }

    private void Carry()
    {
        _h1 += _h0 >> 44;
        _h0 &= Mask44;
        _h2 += _h1 >> 44;
        _h1 &= Mask44;
        _h0 += (_h2 >> 42) * 5;
        _h2 &= Mask42;
    }
}
