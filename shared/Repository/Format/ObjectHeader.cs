using System.Buffers.Binary;
using System.Security.Cryptography;

namespace K8sBackup.Repository.Format;

/// <summary>
/// The 64 bytes every sealed object begins with. They are authenticated with each sealed part, so that a part of another object,
/// type, version or repository never opens.
/// </summary>
/// <param name="Type">Kind of object.</param>
/// <param name="Epoch">Data key it was sealed with; 0 for the manifest key.</param>
/// <param name="Id">Its identity, which its name repeats.</param>
/// <param name="Salt">32 random bytes from which, with the key, its own key derives.</param>
internal sealed record ObjectHeader(ObjectType Type, uint Epoch, ObjectId Id, byte[] Salt)
{
    /// <summary>
    /// Format version the object was written in: kept as it was read, because the seal covers it. A program that writes version 2 opens
    /// an object of version 1 only as one of version 1.
    /// </summary>
    public int Version { get; init; } = RepositoryLimits.FormatVersion;

    public const int Bytes = 64;
    public const int SaltBytes = 32;

    public static ObjectHeader Create(ObjectType type, uint epoch, ObjectId id) =>
        new(type, epoch, id, RandomNumberGenerator.GetBytes(SaltBytes));

    public void WriteTo(Span<byte> destination)
    {
        "K8SB"u8.CopyTo(destination);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[4..], (uint)Type);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[8..], (ushort)Version);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[10..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[12..], Epoch);
        Id.CopyTo(destination[16..]);
        Salt.CopyTo(destination[32..]);
    }

    /// <summary>Reads the header of an object that must be of the type and id its name says.</summary>
    /// <exception cref="RepositoryCorruptException">It is not.</exception>
    public static ObjectHeader Read(ReadOnlySpan<byte> bytes, ObjectType type, ObjectId id, string objectName)
    {
        if (bytes.Length < Bytes || !bytes.StartsWith("K8SB"u8))
        {
            throw new RepositoryCorruptException(RepositoryDamage.Malformed, objectName, "does not begin as an object of a repository");
        }

        ObjectType actualType = (ObjectType)BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        int version = BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]);
        FormatSupport.Require(objectName, version, BinaryPrimitives.ReadUInt16LittleEndian(bytes[10..]));

        ObjectId actualId = ObjectId.Read(bytes[16..]);
        if (actualType != type || actualId != id)
        {
            throw new RepositoryCorruptException(
                RepositoryDamage.Misplaced, objectName, $"says it is object {actualId} of type {(uint)actualType:x8}");
        }

        return new ObjectHeader(actualType, BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]), actualId, bytes[32..Bytes].ToArray())
        {
            Version = version,
        };
    }
}
