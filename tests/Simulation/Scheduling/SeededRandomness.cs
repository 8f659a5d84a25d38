using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace K8sBackup.Simulation.Scheduling;

/// <summary>
/// Replaces the random source of libcrypto, and so of <see cref="System.Security.Cryptography.RandomNumberGenerator"/>, for this
/// process: keys, salts and names follow from the seed. Nothing in production code can be told to do so.
/// </summary>
internal static unsafe class SeededRandomness
{
    private static ulong s_state;

    /// <summary>Begins the sequence of a seed; the first call installs the source.</summary>
    public static void Begin(int seed)
    {
        s_state = (ulong)seed * 0x9E3779B97F4A7C15UL;
        if (s_method is null)
        {
            s_method = (RandMethod*)NativeMemory.AllocZeroed((nuint)sizeof(RandMethod));
            *s_method = new RandMethod(0, &Fill, 0, 0, &Fill, &Ready);
            if (SetMethod(s_method) != 1)
            {
                throw new InvalidOperationException("libcrypto did not take the random source.");
            }
        }
    }

    private static RandMethod* s_method;

    [DllImport("libcrypto.so.3", EntryPoint = "RAND_set_rand_method")]
    private static extern int SetMethod(RandMethod* method);

    // SplitMix64.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Fill(byte* buffer, int count)
    {
        for (int i = 0; i < count; i++)
        {
            ulong z = s_state += 0x9E3779B97F4A7C15UL;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            buffer[i] = (byte)(z >> 56);
        }

        return 1;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Ready() => 1;

    // rand_meth_st of OpenSSL: seed, bytes, cleanup, add, pseudorand, status.
    private readonly struct RandMethod(
        nint seed,
        delegate* unmanaged[Cdecl]<byte*, int, int> bytes,
        nint cleanup,
        nint add,
        delegate* unmanaged[Cdecl]<byte*, int, int> pseudoBytes,
        delegate* unmanaged[Cdecl]<int> status)
    {
        public readonly nint Seed = seed;
        public readonly delegate* unmanaged[Cdecl]<byte*, int, int> Bytes = bytes;
        public readonly nint Cleanup = cleanup;
        public readonly nint Add = add;
        public readonly delegate* unmanaged[Cdecl]<byte*, int, int> PseudoBytes = pseudoBytes;
        public readonly delegate* unmanaged[Cdecl]<int> Status = status;
    }
}
