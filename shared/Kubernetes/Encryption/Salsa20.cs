using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace K8sBackup.Kubernetes.Encryption;

/// <summary>The Salsa20 core with 20 rounds and keys of 32 bytes, as D. J. Bernstein specifies it.</summary>
internal static class Salsa20
{
    public const int KeyBytes = 32;
    public const int InputBytes = 16;
    public const int BlockBytes = 64;

    private const int Words = 16;
    private const int DoubleRounds = 10;

    // Where the state ends up in what HSalsa20 gives: the diagonal, then the words the input was in.
    private static ReadOnlySpan<byte> HashWords => [0, 5, 10, 15, 6, 7, 8, 9];

    private static ReadOnlySpan<byte> Constant => "expand 32-byte k"u8;

    /// <summary>One block of the key stream: the input is a nonce of 8 bytes and the block's number.</summary>
    public static void Block(ReadOnlySpan<byte> key, ReadOnlySpan<byte> input, Span<byte> block)
    {
        Span<uint> begin = stackalloc uint[Words];
        Span<uint> state = stackalloc uint[Words];
        Fill(begin, key, input);
        begin.CopyTo(state);
        Mix(state);
        for (int i = 0; i < Words; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(block[(4 * i)..], state[i] + begin[i]);
        }

        Forget(begin);
        Forget(state);
    }

    /// <summary>HSalsa20: a key of its own for the first 16 bytes of a longer nonce.</summary>
    public static void Hash(ReadOnlySpan<byte> key, ReadOnlySpan<byte> input, Span<byte> derived)
    {
        Span<uint> state = stackalloc uint[Words];
        Fill(state, key, input);
        Mix(state);
        for (int i = 0; i < HashWords.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(derived[(4 * i)..], state[HashWords[i]]);
        }

        Forget(state);
    }

    // The constant on the diagonal, the key's halves above and below, the input between.
    private static void Fill(Span<uint> state, ReadOnlySpan<byte> key, ReadOnlySpan<byte> input)
    {
        for (int i = 0; i < 4; i++)
        {
            state[5 * i] = Word(Constant, i);
            state[1 + i] = Word(key, i);
            state[6 + i] = Word(input, i);
            state[11 + i] = Word(key, 4 + i);
        }
    }

    private static uint Word(ReadOnlySpan<byte> bytes, int index) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[(4 * index)..]);

    private static void Mix(Span<uint> x)
    {
        for (int round = 0; round < DoubleRounds; round++)
        {
            // Columns, each from its diagonal element down, then rows, each from its diagonal element to the right.
            Quarter(ref x[0], ref x[4], ref x[8], ref x[12]);
            Quarter(ref x[5], ref x[9], ref x[13], ref x[1]);
            Quarter(ref x[10], ref x[14], ref x[2], ref x[6]);
            Quarter(ref x[15], ref x[3], ref x[7], ref x[11]);
            Quarter(ref x[0], ref x[1], ref x[2], ref x[3]);
            Quarter(ref x[5], ref x[6], ref x[7], ref x[4]);
            Quarter(ref x[10], ref x[11], ref x[8], ref x[9]);
            Quarter(ref x[15], ref x[12], ref x[13], ref x[14]);
        }
    }

    private static void Quarter(ref uint a, ref uint b, ref uint c, ref uint d)
    {
        b ^= BitOperations.RotateLeft(a + d, 7);
        c ^= BitOperations.RotateLeft(b + a, 9);
        d ^= BitOperations.RotateLeft(c + b, 13);
        a ^= BitOperations.RotateLeft(d + c, 18);
    }

    private static void Forget(Span<uint> words) => CryptographicOperations.ZeroMemory(System.Runtime.InteropServices.MemoryMarshal.AsBytes(words));
}
