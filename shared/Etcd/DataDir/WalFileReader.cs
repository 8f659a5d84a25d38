using System.Buffers.Binary;
using K8sBackup.Etcd.Files;
using K8sBackup.Etcd.Snapshots;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Etcd.DataDir;

/// <summary>
/// Reads one WAL file record by record, with its checksums. Written apart from <see cref="WalFileWriter"/> on purpose: it
/// verifies what that wrote, and reads what a server wrote. A log ends at the first zero length or at the end of the file.
/// </summary>
public sealed class WalFileReader : IDisposable
{
    // A record is one raft entry: a request (1.5 MiB by default), or a rarely larger batch.
    private const ulong RecordBytesMax = 64 << 20;
    private const ulong LengthMask = 0x00ff_ffff_ffff_ffff;

    private readonly string _path;
    private readonly SafeFileHandle _handle;
    private readonly long _length;
    private long _offset;
    private uint _crc;
    private byte[] _record = [];

    private WalFileReader(string path, uint crc)
    {
        _path = path;
        _handle = PosixFile.OpenRead(path);
        _length = RandomAccess.GetLength(_handle);
        _crc = crc;
    }

    /// <summary>Kind of the current record; kinds of later versions are passed on as their number.</summary>
    public WalRecordType Type { get; private set; }

    /// <summary>The current record's message, valid until the next <see cref="MoveNext"/>.</summary>
    public ReadOnlyMemory<byte> Data { get; private set; }

    /// <summary>Running checksum after the current record; the next file of the log starts from it.</summary>
    public uint RunningCrc => _crc;

    /// <summary>Opens a file; <paramref name="crc"/> is 0 for the first of a log, else the checksum the file before ended with.</summary>
    public static WalFileReader Open(string path, uint crc)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new WalFileReader(path, crc);
    }

    /// <summary>
    /// The checksum a file begins with, for the first file there is of a log whose beginning a server has done with. From there on every
    /// record is checked; where the log came from is taken on trust.
    /// </summary>
    /// <exception cref="DataDirException">The file does not begin as a log (<see cref="DataDirFault.FileCorrupt"/>).</exception>
    public static uint FirstChecksum(string path)
    {
        using var handle = PosixFile.OpenRead(path);
        Span<byte> head = stackalloc byte[64];
        var read = RandomAccess.Read(handle, head, 0);
        var length = read < sizeof(ulong) ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(head) & LengthMask;
        if (length == 0 || length > (ulong)(read - sizeof(ulong)))
        {
            throw new DataDirException(DataDirFault.FileCorrupt, $"{Path.GetFileName(path)} does not begin with a checksum");
        }

        var record = head.Slice(sizeof(ulong), (int)length);
        return ProtoFields.Number(record, 1) == (ulong)WalRecordType.Crc
            ? (uint)ProtoFields.Number(record, 2)
            : throw new DataDirException(DataDirFault.FileCorrupt, $"{Path.GetFileName(path)} does not begin with a checksum");
    }

    /// <summary>Goes to the next record; false at the end of the log.</summary>
    /// <exception cref="DataDirException">The record is damaged or cut (<see cref="DataDirFault.FileCorrupt"/>).</exception>
    public bool MoveNext()
    {
        Span<byte> field = stackalloc byte[sizeof(ulong)];
        if (_length - _offset < field.Length)
        {
            return false;
        }

        Read(field);
        var lengthField = BinaryPrimitives.ReadUInt64LittleEndian(field);
        if (lengthField == 0)
        {
            return false;
        }

        var bytes = lengthField & LengthMask;
        var top = (int)(lengthField >> 56);
        var padding = (int)((8 - (bytes % 8)) % 8);
        if (top != (padding == 0 ? 0 : 0x80 | padding) || bytes > RecordBytesMax || (long)bytes + padding > _length - _offset)
        {
            throw Corrupt($"a record of {bytes} bytes does not fit");
        }

        var total = (int)bytes + padding;
        if (_record.Length < total)
        {
            _record = new byte[total];
        }

        Read(_record.AsSpan(0, total));
        if (_record.AsSpan((int)bytes, padding).ContainsAnyExcept((byte)0))
        {
            throw Corrupt("the padding is not zero");
        }

        Parse(_record.AsMemory(0, (int)bytes));
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private void Parse(ReadOnlyMemory<byte> record)
    {
        ulong stored = 0;
        Type = 0;
        Data = default;
        var reader = new WireReader(record.Span);
        while (reader.MoveNext())
        {
            switch (reader.Field)
            {
                case 1:
                    Type = (WalRecordType)reader.Number;
                    break;
                case 2:
                    stored = reader.Number;
                    break;
                case 3 when reader.WireType == WireReader.Bytes:
                    Data = record[^(reader.RestBytes + reader.Data.Length)..^reader.RestBytes];
                    break;
                default:
                    throw Corrupt($"a record has an unknown field {reader.Field}");
            }
        }

        if (reader.Failed || Type == 0)
        {
            throw Corrupt("a record is not well-formed");
        }

        _crc = Crc32C.Append(_crc, Data.Span);
        if (stored != _crc)
        {
            throw Corrupt($"checksum {stored:x8} where {_crc:x8} was expected");
        }
    }

    private void Read(Span<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            var read = RandomAccess.Read(_handle, buffer, _offset);
            if (read == 0)
            {
                throw Corrupt("the file became shorter");
            }

            buffer = buffer[read..];
            _offset += read;
        }
    }

    private DataDirException Corrupt(string reason) =>
        new(DataDirFault.FileCorrupt, $"{Path.GetFileName(_path)} at byte {_offset}: {reason}");
}
