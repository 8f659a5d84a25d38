namespace K8sBackup.Cli.Zip;

/// <summary>The checksum of zip archives: CRC-32 of IEEE 802.3, reflected.</summary>
internal static class Crc32
{
    private static readonly uint[] _table = [.. Enumerable.Range(0, 256).Select(Entry)];

    /// <summary>Goes on from the checksum of what came before; 0 at the beginning.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        crc = ~crc;
        foreach (byte b in bytes)
        {
            crc = _table[(byte)(crc ^ b)] ^ (crc >> 8);
        }

        return ~crc;
    }

    private static uint Entry(int index)
    {
        uint value = (uint)index;
        for (int bit = 0; bit < 8; bit++)
        {
            value = (value & 1) != 0 ? (value >> 1) ^ 0xedb88320 : value >> 1;
        }

        return value;
    }
}
