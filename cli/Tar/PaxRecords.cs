using System.Globalization;
using System.Text;

namespace K8sBackup.Cli.Tar;

/// <summary>
/// The records of a pax extended header (POSIX.1-2008, pax, "pax Extended Header"): <c>length key=value\n</c>, where
/// length counts the whole record in decimal, its own digits included. Values are any bytes.
/// </summary>
internal sealed class PaxRecords
{
    private readonly MemoryStream _records = new();

    public bool IsEmpty => _records.Length == 0;

    public byte[] ToArray() => _records.ToArray();

    public void Add(string key, string value) => Add(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value));

    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        // " ", "=" and "\n" make three.
        int body = key.Length + value.Length + 3;
        int length = body + Digits(body);
        length = body + Digits(length);
        _records.Write(Encoding.ASCII.GetBytes(length.ToString(CultureInfo.InvariantCulture)));
        _records.WriteByte((byte)' ');
        _records.Write(key);
        _records.WriteByte((byte)'=');
        _records.Write(value);
        _records.WriteByte((byte)'\n');
    }

    private static int Digits(int number) => number.ToString(CultureInfo.InvariantCulture).Length;
}
