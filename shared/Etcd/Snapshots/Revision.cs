using System.Buffers.Binary;

namespace K8sBackup.Etcd.Snapshots;

/// <summary>A revision as the key bucket orders it: the transaction and the position of the change inside it.</summary>
/// <param name="Main">Counts transactions from 1; Kubernetes shows it as resourceVersion.</param>
/// <param name="Sub">Counts the changes of one transaction from 0.</param>
public readonly record struct Revision(long Main, long Sub) : IComparable<Revision>
{
    /// <summary>Bytes of a revision: 8 big-endian, an underscore, 8 big-endian.</summary>
    public const int EncodedBytes = 17;

    /// <summary>Bytes of the key of a deletion: a revision followed by the letter t.</summary>
    public const int TombstoneBytes = 18;

    private const byte Separator = (byte)'_';
    private const byte TombstoneMark = (byte)'t';

    /// <inheritdoc/>
    public int CompareTo(Revision other) => Main != other.Main ? Main.CompareTo(other.Main) : Sub.CompareTo(other.Sub);

    /// <summary>Reads a key of the key bucket, or a compaction revision of the meta bucket; false when it is none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out Revision revision, out bool tombstone)
    {
        revision = default;
        tombstone = bytes.Length == TombstoneBytes && bytes[EncodedBytes] == TombstoneMark;
        if ((bytes.Length != EncodedBytes && !tombstone) || bytes[8] != Separator)
        {
            return false;
        }

        revision = new Revision(BinaryPrimitives.ReadInt64BigEndian(bytes), BinaryPrimitives.ReadInt64BigEndian(bytes[9..]));
        return revision is { Main: >= 0, Sub: >= 0 };
    }

    /// <summary>Writes the 17 bytes of the revision.</summary>
    public void Write(Span<byte> target)
    {
        BinaryPrimitives.WriteInt64BigEndian(target, Main);
        target[8] = Separator;
        BinaryPrimitives.WriteInt64BigEndian(target[9..], Sub);
    }

    /// <summary>True when the left revision is older.</summary>
    public static bool operator <(Revision left, Revision right) => left.CompareTo(right) < 0;

    /// <summary>True when the left revision is newer.</summary>
    public static bool operator >(Revision left, Revision right) => left.CompareTo(right) > 0;

    /// <summary>True when the left revision is not newer.</summary>
    public static bool operator <=(Revision left, Revision right) => left.CompareTo(right) <= 0;

    /// <summary>True when the left revision is not older.</summary>
    public static bool operator >=(Revision left, Revision right) => left.CompareTo(right) >= 0;
}
