using System.Numerics;
using System.Runtime.InteropServices;

namespace K8sBackup.Etcd.Snapshots;

/// <summary>CRC-32C (Castagnoli) over several pieces, as Go's hash/crc32 computes it; uses the processor's instruction.</summary>
internal static class Crc32C
{
    /// <summary>Continues <paramref name="crc"/> (0 at the start) over <paramref name="data"/>.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> data)
    {
        crc = ~crc;
        while (data.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, MemoryMarshal.Read<ulong>(data));
            data = data[sizeof(ulong)..];
        }

        foreach (var b in data)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }
}
