using System.Buffers.Binary;
using K8sBackup.Etcd.Files;
using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.DataDir;

/// <summary>Writes the only WAL file of a restored member.</summary>
internal static class WalFileWriter
{
    /// <summary>Sequence 0 starting at index 0.</summary>
    public const string FileName = "0000000000000000-0000000000000000.wal";

    /// <summary>etcd preallocates its segments; the unwritten rest reads as zeros, which end the log.</summary>
    public const long SegmentBytes = 64_000_000;

    private const int Alignment = 8;

    /// <summary>Writes and syncs the file.</summary>
    /// <param name="path">File to create.</param>
    /// <param name="identity">The whole new cluster.</param>
    /// <param name="memberId">The member this log belongs to.</param>
    /// <param name="withConfState">False for 3.4, whose tool leaves the voters out of the last record.</param>
    public static void Write(string path, ClusterIdentity identity, ulong memberId, bool withConfState)
    {
        var count = (ulong)identity.Members.Count;
        var voters = identity.Members.Select(member => member.Id).ToArray();
        var crc = 0u;
        using var content = new MemoryStream();
        Append(content, WalRecordType.Crc, null, ref crc);
        Append(content, WalRecordType.Metadata, RaftMessages.Metadata(memberId, identity.ClusterId), ref crc);
        Append(content, WalRecordType.Snapshot, RaftMessages.WalSnapshot(0, 0, null), ref crc);
        for (ulong i = 0; i < count; i++)
        {
            Append(content, WalRecordType.Entry, RaftMessages.AddMember(i + 1, identity.Members[(int)i]), ref crc);
        }

        Append(content, WalRecordType.State, RaftMessages.HardState(voters[0], count), ref crc);
        Append(content, WalRecordType.Snapshot, RaftMessages.WalSnapshot(count, RaftMessages.Term, withConfState ? voters : null), ref crc);

        using var handle = PosixFile.CreateNew(path);
        RandomAccess.SetLength(handle, SegmentBytes);
        RandomAccess.Write(handle, content.GetBuffer().AsSpan(0, (int)content.Length), 0);
        PosixFile.Sync(handle);
    }

    // Length field: low 56 bits the record without padding; with padding the top byte is 0x80 and its count.
    private static void Append(MemoryStream content, WalRecordType type, byte[]? data, ref uint crc)
    {
        crc = Crc32C.Append(crc, data);
        var record = new WireWriter().Number(1, (ulong)type).Number(2, crc);
        var bytes = (data is null ? record : record.Bytes(3, data)).Written;
        var padding = (Alignment - (bytes.Length % Alignment)) % Alignment;
        var mark = padding == 0 ? 0UL : 0x80UL | (uint)padding;
        var length = (uint)bytes.Length | (mark << 56);
        Span<byte> field = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(field, length);
        content.Write(field);
        content.Write(bytes);
        content.Write(stackalloc byte[padding]);
    }
}
