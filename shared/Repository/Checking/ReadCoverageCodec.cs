using System.Buffers.Binary;
using K8sBackup.Repository.Format;

namespace K8sBackup.Repository.Checking;

/// <summary>Payload of a coverage record: u32 count, then for each pack its id (16), i64 Unix milliseconds, u8 outcome.</summary>
internal static class ReadCoverageCodec
{
    private const int EntryBytes = ObjectId.Bytes + sizeof(long) + 1;
    private const long TimeMax = 253_402_300_799_999;

    public static byte[] Encode(IReadOnlyDictionary<ObjectId, PackReading> readings)
    {
        byte[] payload = new byte[sizeof(uint) + (readings.Count * EntryBytes)];
        BinaryPrimitives.WriteInt32LittleEndian(payload, readings.Count);
        Span<byte> rest = payload.AsSpan(sizeof(uint));
        foreach ((ObjectId pack, PackReading reading) in readings.OrderBy(r => r.Key.Value))
        {
            pack.CopyTo(rest);
            BinaryPrimitives.WriteInt64LittleEndian(rest[ObjectId.Bytes..], reading.At.ToUnixTimeMilliseconds());
            rest[EntryBytes - 1] = (byte)reading.Outcome;
            rest = rest[EntryBytes..];
        }

        return payload;
    }

    /// <exception cref="RepositoryCorruptException">The payload is no coverage record.</exception>
    public static IEnumerable<(ObjectId Pack, PackReading Reading)> Decode(ReadOnlyMemory<byte> payload, string objectName)
    {
        uint count = payload.Length < sizeof(uint) ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(payload.Span);
        if (payload.Length - sizeof(uint) != count * (long)EntryBytes)
        {
            throw new RepositoryCorruptException(RepositoryDamage.Malformed, objectName, $"claims {count} packs in {payload.Length} bytes");
        }

        for (int i = 0; i < count; i++)
        {
            ReadOnlyMemory<byte> entry = payload.Slice(sizeof(uint) + (i * EntryBytes), EntryBytes);
            long time = BinaryPrimitives.ReadInt64LittleEndian(entry.Span[ObjectId.Bytes..]);
            byte outcome = entry.Span[EntryBytes - 1];
            yield return time is >= 0 and <= TimeMax && outcome is 1 or 2 or 3
                ? (ObjectId.Read(entry.Span), new PackReading(DateTimeOffset.FromUnixTimeMilliseconds(time), (PackReadingOutcome)outcome))
                : throw new RepositoryCorruptException(RepositoryDamage.Malformed, objectName, $"has an impossible entry {i}");
        }
    }
}
