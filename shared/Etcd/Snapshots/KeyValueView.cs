namespace K8sBackup.Etcd.Snapshots;

/// <summary>One mvccpb.KeyValue read in place: spans into the page, no allocation.</summary>
public readonly ref struct KeyValueView
{
    private KeyValueView(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long create, long mod, long version, long lease)
    {
        Key = key;
        Value = value;
        CreateRevision = create;
        ModRevision = mod;
        Version = version;
        Lease = lease;
    }

    /// <summary>The user's key; empty in the placeholder a revision bump leaves.</summary>
    public ReadOnlySpan<byte> Key { get; }

    /// <summary>The user's value.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>Revision at which this key came to be.</summary>
    public long CreateRevision { get; }

    /// <summary>Revision of this change.</summary>
    public long ModRevision { get; }

    /// <summary>Changes since creation, from 1.</summary>
    public long Version { get; }

    /// <summary>Lease the key hangs on, 0 for none.</summary>
    public long Lease { get; }

    /// <summary>Reads a record; false when it is not a well-formed message. Unknown fields are skipped.</summary>
    public static bool TryParse(ReadOnlySpan<byte> record, out KeyValueView view)
    {
        view = default;
        ReadOnlySpan<byte> key = default;
        ReadOnlySpan<byte> value = default;
        Span<long> numbers = stackalloc long[4];
        numbers.Clear();
        var reader = new WireReader(record);
        while (reader.MoveNext())
        {
            var expected = reader.Field is 1 or 5 ? WireReader.Bytes : WireReader.Varint;
            if (reader.Field <= 6 && reader.WireType != expected)
            {
                return false;
            }

            switch (reader.Field)
            {
                case 1:
                    key = reader.Data;
                    break;
                case 2 or 3 or 4:
                    numbers[reader.Field - 2] = (long)reader.Number;
                    break;
                case 5:
                    value = reader.Data;
                    break;
                case 6:
                    numbers[3] = (long)reader.Number;
                    break;
                default:
                    break;
            }
        }

        view = new KeyValueView(key, value, numbers[0], numbers[1], numbers[2], numbers[3]);
        return !reader.Failed;
    }
}
