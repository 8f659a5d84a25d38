using System.Globalization;
using System.Text;

namespace K8sBackup.Cli.Tar;

/// <summary>
/// The records of a pax extended header (POSIX.1-2008, pax, "pax Extended Header"): <c>length key=value\n</c>, where
/// length counts the whole record in decimal, its own digits included. Values are any bytes.
/// </summary>
internal sealed class PaxRecords
{
    private readonly List<byte> _records = [];

    public bool IsEmpty => _records.Count == 0;

    public byte[] ToArray() => [.. _records];

    public void Add(string key, string value) => Add(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value));

    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        // " ", "=" and "\n" make three.
        int body = key.Length + value.Length + 3;
        int length = body + Digits(body);
        length = body + Digits(length);
        _records.AddRange(Encoding.ASCII.GetBytes(length.ToString(CultureInfo.InvariantCulture)));
        _records.Add((byte)' ');
        _records.AddRange(key);
        _records.Add((byte)'=');
        _records.AddRange(value);
        _records.Add((byte)'\n');
    }

    private static int Digits(int number) => number.ToString(CultureInfo.InvariantCulture).Length;
}
