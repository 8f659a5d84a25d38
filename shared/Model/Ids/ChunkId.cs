using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json.Serialization;

namespace K8sBackup.Model.Ids;

/// <summary>
/// SHA-256 (FIPS 180-4) of a chunk's plaintext: its name on the wire and in trees.
/// The store knows the chunk by a keyed form of this id only.
/// </summary>
[JsonConverter(typeof(IdJsonConverter<ChunkId>))]
public readonly struct ChunkId : IId<ChunkId>, IEquatable<ChunkId>, IComparable<ChunkId>
{
    /// <summary>Length of an id in bytes.</summary>
    public const int Bytes = 32;

    private readonly ulong _a;
    private readonly ulong _b;
    private readonly ulong _c;
    private readonly ulong _d;

    /// <summary>Reads an id from exactly 32 bytes.</summary>
    /// <exception cref="ArgumentException">The span is not 32 bytes long.</exception>
    public ChunkId(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Bytes)
        {
            throw new ArgumentException($"A chunk id has {Bytes} bytes, not {bytes.Length}.", nameof(bytes));
        }

        _a = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _b = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _c = BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]);
        _d = BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]);
    }

    /// <summary>The id of the given plaintext.</summary>
    [SkipLocalsInit]
    public static ChunkId Of(ReadOnlySpan<byte> plaintext)
    {
        Span<byte> digest = stackalloc byte[Bytes];
        SHA256.HashData(plaintext, digest);
        return new ChunkId(digest);
    }

    /// <summary>Parses 64 hexadecimal digits.</summary>
    /// <exception cref="FormatException">The text is not an id.</exception>
    public static ChunkId Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        byte[] bytes = Convert.FromHexString(text);
        return bytes.Length == Bytes
            ? new ChunkId(bytes)
            : throw new FormatException($"A chunk id has {2 * Bytes} hexadecimal digits, not {text.Length}.");
    }

    /// <summary>Writes the 32 bytes of the id to the start of <paramref name="destination"/>.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _a);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _b);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], _c);
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], _d);
    }

    /// <summary>The 32 bytes of the id in a new array.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[Bytes];
        CopyTo(bytes);
        return bytes;
    }

    public bool Equals(ChunkId other) => _a == other._a && _b == other._b && _c == other._c && _d == other._d;

    public override bool Equals(object? obj) => obj is ChunkId other && Equals(other);

    // The id is a cryptographic digest: any of its words is as good a hash as a mix of all.
    public override int GetHashCode() => (int)_d;

    public int CompareTo(ChunkId other)
    {
        int order = _a.CompareTo(other._a);
        order = order != 0 ? order : _b.CompareTo(other._b);
        order = order != 0 ? order : _c.CompareTo(other._c);
        return order != 0 ? order : _d.CompareTo(other._d);
    }

    public override string ToString() => Convert.ToHexStringLower(ToArray());

    public static bool operator ==(ChunkId left, ChunkId right) => left.Equals(right);

    public static bool operator !=(ChunkId left, ChunkId right) => !left.Equals(right);

    public static bool operator <(ChunkId left, ChunkId right) => left.CompareTo(right) < 0;

    public static bool operator >(ChunkId left, ChunkId right) => left.CompareTo(right) > 0;

    public static bool operator <=(ChunkId left, ChunkId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ChunkId left, ChunkId right) => left.CompareTo(right) >= 0;
}
