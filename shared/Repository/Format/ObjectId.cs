using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace K8sBackup.Repository.Format;

/// <summary>Random 16-byte name of a pack, index segment or key slot; in text 32 lower-case hexadecimal digits.</summary>
internal readonly record struct ObjectId(UInt128 Value)
{
    public const int Bytes = 16;
    public const int TextLength = 32;

    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789abcdef");

    public static ObjectId Create()
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        RandomNumberGenerator.Fill(bytes);
        return Read(bytes);
    }

    public static ObjectId Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt128BigEndian(bytes));

    public static bool TryParse(ReadOnlySpan<char> text, out ObjectId id)
    {
        id = default;
        if (text.Length != TextLength || text.ContainsAnyExcept(s_digits))
        {
            return false;
        }

        id = new ObjectId(UInt128.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        return true;
    }

    public void CopyTo(Span<byte> destination) => BinaryPrimitives.WriteUInt128BigEndian(destination, Value);

    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);
}
