using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.DataDir;

/// <summary>Picks single fields out of small messages.</summary>
internal static class ProtoFields
{
    /// <summary>A number, 0 when absent.</summary>
    public static ulong Number(ReadOnlySpan<byte> message, int field)
    {
        ulong value = 0;
        var reader = new WireReader(message);
        while (reader.MoveNext())
        {
            value = reader.Field == field && reader.WireType == WireReader.Varint ? reader.Number : value;
        }

        return reader.Failed ? throw Malformed() : value;
    }

    /// <summary>Bytes, empty when absent.</summary>
    public static ReadOnlySpan<byte> Bytes(ReadOnlySpan<byte> message, int field)
    {
        ReadOnlySpan<byte> value = default;
        var reader = new WireReader(message);
        while (reader.MoveNext())
        {
            if (reader.Field == field && reader.WireType == WireReader.Bytes)
            {
                value = reader.Data;
            }
        }

        return reader.Failed ? throw Malformed() : value;
    }

    /// <summary>All values of a repeated number that is not packed.</summary>
    public static List<ulong> Numbers(ReadOnlySpan<byte> message, int field)
    {
        var values = new List<ulong>();
        var reader = new WireReader(message);
        while (reader.MoveNext())
        {
            if (reader.Field == field && reader.WireType == WireReader.Varint)
            {
                values.Add(reader.Number);
            }
        }

        return reader.Failed ? throw Malformed() : values;
    }

    private static DataDirException Malformed() => new(DataDirFault.FileCorrupt, "a raft message is not well-formed");
}
