using System.Text;

namespace K8sBackup.Kubernetes.Tests;

/// <summary>Protobuf written by hand, so that no code of ours stands on both sides of a test.</summary>
internal static class Proto
{
    public static byte[] Message(params byte[][] fields) => [.. fields.SelectMany(field => field)];

    public static byte[] Bytes(int field, byte[] value) => [.. Varint(((ulong)field << 3) | 2), .. Varint((ulong)value.Length), .. value];

    public static byte[] Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public static byte[] Number(int field, long value) => [.. Varint((ulong)field << 3), .. Varint((ulong)value)];

    public static byte[] Pair(int field, string key, byte[] value) => Bytes(field, Message(Text(1, key), Bytes(2, value)));

    public static byte[] Pair(int field, string key, string value) => Pair(field, key, Encoding.UTF8.GetBytes(value));

    public static byte[] Time(int field, long seconds, long nanoseconds = 0) => Bytes(field, Message(Number(1, seconds), Number(2, nanoseconds)));

    /// <summary>A stored object: the magic bytes and the envelope.</summary>
    public static byte[] Stored(string apiVersion, string kind, params byte[][] fields) =>
    [
        .. "k8s\0"u8,
        .. Bytes(1, Message(Text(1, apiVersion), Text(2, kind))),
        .. Bytes(2, Message(fields)),
        .. Text(3, ""),
        .. Text(4, ""),
    ];

    /// <summary>Metadata as a server writes it: Go's plain texts are there even when empty.</summary>
    public static byte[] Metadata(string name, string space, params byte[][] more) => Bytes(1, Message(
    [
        Text(1, name), Text(2, ""), Text(3, space), Text(4, ""), Text(5, "11112222-3333-4444-5555-666677778888"), Text(6, ""), Number(7, 0),
        Time(8, 1_700_000_000), .. more,
    ]));

    private static byte[] Varint(ulong value)
    {
        List<byte> bytes = [];
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
        return [.. bytes];
    }
}
