using System.Buffers.Binary;
using K8sBackup.FileTree.Native;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Walking;

/// <summary>
/// The names in one directory, sorted by bytes, packed into one array: about 9 bytes more than the name each, so that
/// a directory of a million names of 20 bytes takes 28 MB.
/// </summary>
internal sealed class DirectoryNames
{
    // struct linux_dirent64: inode 8, offset 8, record length 2, type 1, then the name.
    private const int RecordLengthAt = 16;
    private const int TypeAt = 18;
    private const int NameAt = 19;
    private const int BufferBytes = 64 * 1024;
    private const int SeekSet = 0;
    private const byte UnknownType = 0;
    private const byte DirectoryType = 4;

    private byte[] _bytes = new byte[1024];
    private (int Start, int Length)[] _names = new (int, int)[32];
    private int _used;

    private DirectoryNames()
    {
    }

    public int Count { get; private set; }

    public ReadOnlySpan<byte> this[int index] => _bytes.AsSpan(_names[index].Start, _names[index].Length);

    /// <summary>True for a directory as the listing says, null where it does not say.</summary>
    public bool? IsDirectory(int index) => _bytes[_names[index].Start - 1] is byte type and not UnknownType ? type == DirectoryType : null;

    public bool Contains(ReadOnlySpan<byte> name)
    {
        (int low, int high) = (0, Count - 1);
        while (low <= high)
        {
            int middle = low + ((high - low) / 2);
            int order = this[middle].SequenceCompareTo(name);
            if (order == 0)
            {
                return true;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return false;
    }

    /// <summary>Reads all names of an open directory, without "." and "..".</summary>
    /// <exception cref="LinuxException">The directory cannot be read to its end.</exception>
    public static DirectoryNames Read(SafeFileHandle directory)
    {
        // Somebody may have read it before.
        _ = Libc.Seek(directory, 0, SeekSet);
        return Read(buffer => Fill(directory, buffer));
    }

    /// <summary>The same from what the system would say, on its own for tests: fills the buffer with records, 0 bytes at the end.</summary>
    internal static DirectoryNames Read(Func<byte[], int> fill)
    {
        DirectoryNames names = new();
        byte[] buffer = new byte[BufferBytes];
        for (int length = fill(buffer); length > 0; length = fill(buffer))
        {
            names.Add(buffer.AsSpan(0, length));
        }

        names.Sort();
        return names;
    }

    private static unsafe int Fill(SafeFileHandle directory, byte[] buffer)
    {
        fixed (byte* start = buffer)
        {
            nint length = Libc.GetDirectoryEntries(directory, start, (nuint)buffer.Length);
            return length >= 0 ? (int)length : throw LinuxException.Last("getdents64");
        }
    }

    private void Add(ReadOnlySpan<byte> records)
    {
        while (!records.IsEmpty)
        {
            int recordLength = BinaryPrimitives.ReadUInt16LittleEndian(records[RecordLengthAt..]);
            ReadOnlySpan<byte> name = records[NameAt..recordLength];
            name = name[..name.IndexOf((byte)0)];
            if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
            {
                Append(name, records[TypeAt]);
            }

            records = records[recordLength..];
        }
    }

    private void Append(ReadOnlySpan<byte> name, byte type)
    {
        if (_used + 1 + name.Length > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _used + 1 + name.Length));
        }

        _bytes[_used++] = type;

        if (Count == _names.Length)
        {
            Array.Resize(ref _names, _names.Length * 2);
        }

        name.CopyTo(_bytes.AsSpan(_used));
        _names[Count++] = (_used, name.Length);
        _used += name.Length;
    }

    private void Sort() => _names.AsSpan(0, Count).Sort((left, right) =>
        _bytes.AsSpan(left.Start, left.Length).SequenceCompareTo(_bytes.AsSpan(right.Start, right.Length)));
}
