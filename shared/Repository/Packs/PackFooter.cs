using System.Buffers.Binary;
using K8sBackup.Repository.Format;

namespace K8sBackup.Repository.Packs;

/// <summary>The last 32 bytes of a pack: where its directory is. The directory's seal covers them.</summary>
internal readonly record struct PackFooter(int DirectoryOffset, int DirectoryBytes)
{
    public const int Bytes = 32;

    private static ReadOnlySpan<byte> Magic => "K8SBFOOT"u8;

    /// <summary>The value the directory's seal is bound to.</summary>
    public ulong Bound => ((ulong)(uint)DirectoryOffset << 32) | (uint)DirectoryBytes;

    public void WriteTo(Span<byte> destination)
    {
        destination[..Bytes].Clear();
        Magic.CopyTo(destination);
        BinaryPrimitives.WriteInt32LittleEndian(destination[8..], DirectoryOffset);
        BinaryPrimitives.WriteInt32LittleEndian(destination[12..], DirectoryBytes);
    }

    /// <exception cref="RepositoryCorruptException">These are not the last bytes of a pack of that length.</exception>
    public static PackFooter Read(ReadOnlySpan<byte> source, long packBytes, string objectName)
    {
        if (!source.StartsWith(Magic) || source[16..Bytes].ContainsAnyExcept((byte)0))
        {
            throw new RepositoryCorruptException(
                RepositoryDamage.Malformed, objectName, $"its {packBytes} bytes do not end as a pack does: truncated or damaged");
        }

        PackFooter footer = new(BinaryPrimitives.ReadInt32LittleEndian(source[8..]), BinaryPrimitives.ReadInt32LittleEndian(source[12..]));
        return footer.DirectoryOffset >= ObjectHeader.Bytes
            && footer.DirectoryBytes is > ObjectSealer.TagBytes and <= RepositoryLimits.PackDirectoryBytesMax
            && (long)footer.DirectoryOffset + footer.DirectoryBytes + Bytes == packBytes
            ? footer
            : throw new RepositoryCorruptException(
                RepositoryDamage.WrongLength, objectName, $"its footer does not fit its length of {packBytes} bytes");
    }
}
