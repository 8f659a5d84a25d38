using System.Buffers.Binary;
using System.Text;
using K8sBackup.Demo.Native;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Demo.Volumes;

/// <summary>
/// Makes a volume with everything a file system may hold: many small files, a few large ones, symlinks, hard links,
/// sparse and empty files, extended attributes, ACLs, odd names, owners, modes and times to the nanosecond.
/// The same seed gives the same tree.
/// </summary>
internal sealed class SampleVolume
{
    private const int DirectoryCount = 40;
    private const long SparseBytes = 64 * 1024 * 1024;
    private const int LargeBytes = 12 * 1024 * 1024;

    private static readonly DateTimeOffset Epoch = new(2024, 2, 29, 12, 0, 0, TimeSpan.Zero);

    private readonly byte[] _root;
    private readonly Random _random;
    private readonly bool _isRoot = Environment.UserName == "root";
    private readonly List<byte[]> _made = [];

    private SampleVolume(string root, int seed)
    {
        _root = Encoding.UTF8.GetBytes(root);
        _random = new Random(seed);
    }

    /// <summary>Fills an existing, empty directory.</summary>
    /// <param name="root">The directory.</param>
    /// <param name="files">How many small files.</param>
    /// <param name="seed">Seed of everything random.</param>
    public static void Create(string root, int files, int seed)
    {
        SampleVolume volume = new(root, seed);
        volume.MakeSmallFiles(files);
        volume.MakeLargeFiles();
        volume.MakeOddNames();
        volume.MakeLinks();
        volume.MakeAttributes();
        volume.MakeSpecialFiles();
        volume.SetOwnersAndModes();
        volume.SetTimes();
    }

    private static byte[] Name(string text) => Encoding.UTF8.GetBytes(text);

    private void MakeSmallFiles(int files)
    {
        for (int i = 0; i < DirectoryCount; i++)
        {
            MakeDirectory(Name($"d{i:00}"));
        }

        byte[] deep = Name("d00");
        for (int i = 0; i < 12; i++)
        {
            deep = [.. deep, .. Name($"/level-{i}")];
            MakeDirectory(deep);
        }

        for (int i = 0; i < files; i++)
        {
            // Most files are small, some have a few hundred KiB; every 50th repeats another's content.
            int bytes = i % 100 == 0 ? _random.Next(300_000) : _random.Next(1, 8_000);
            MakeFile(Name($"d{i % DirectoryCount:00}/file-{i:0000}.dat"), i % 50 == 0 ? new byte[4096] : RandomBytes(bytes));
        }

        MakeFile(Name("empty"), []);
        MakeDirectory(Name("empty-directory"));
    }

    private void MakeLargeFiles()
    {
        MakeFile(Name("large.bin"), RandomBytes(LargeBytes));
        byte[] sparse = Name("sparse.img");
        using SafeFileHandle file = Posix.CreateFile(At(sparse));
        RandomAccess.SetLength(file, SparseBytes);
        RandomAccess.Write(file, RandomBytes(70_000), 8 * 1024 * 1024);
        RandomAccess.Write(file, RandomBytes(4_096), SparseBytes - 4_096);
        _made.Add(sparse);
    }

    private void MakeOddNames()
    {
        MakeDirectory(Name("odd"));
        byte[][] names =
        [
            Name("with space"),
            Name("line\nbreak"),
            Name("-rf"),
            Name("back\\slash"),
            Name("escape\u001b[31m"),
            Name("\u00fcml\u00e4ut-\ud83d\udce6"),
            Name("\u202eright-to-left"),
            [.. Name("latin1-"), 0xe9, 0xff, 0xfe],
            [.. Enumerable.Repeat((byte)'n', 255)],
        ];
        foreach (byte[] name in names)
        {
            MakeFile([.. Name("odd/"), .. name], RandomBytes(100));
        }
    }

    private void MakeLinks()
    {
        MakeDirectory(Name("links"));
        MakeSymlink("../d01/file-0001.dat", "links/relative");
        MakeSymlink("/etc/hostname", "links/absolute");
        MakeSymlink("nowhere/at/all", "links/dangling");
        MakeSymlink("../d02", "links/to-directory");
        for (int i = 0; i < 20; i++)
        {
            byte[] link = Name($"links/hard-{i:00}");
            Posix.MakeLink(At(Name($"d{i % DirectoryCount:00}/file-{i:0000}.dat")), At(link));
        }
    }

    private void MakeAttributes()
    {
        for (int i = 0; i < 20; i++)
        {
            byte[] path = At(Name($"d{i:00}/file-{i + DirectoryCount:0000}.dat"));
            Posix.SetAttribute(path, "user.comment"u8, RandomBytes(1 + (i * 20)));
            Posix.SetAttribute(path, "user.empty"u8, []);
            Posix.SetAttribute(path, "system.posix_acl_access"u8, Acl(mode: 6, user: (uint)(1000 + i)));
        }

        Posix.SetAttribute(At(Name("d03")), "system.posix_acl_default"u8, Acl(mode: 7, user: 1003));
        Posix.SetAttribute(At(Name("d03")), "user.directory"u8, "yes"u8);
    }

    private void MakeSpecialFiles()
    {
        MakeDirectory(Name("special"));
        byte[] fifo = Name("special/fifo");
        Posix.MakeFifo(At(fifo));
        _made.Add(fifo);

        byte[] socket = Name("special/socket");
        Posix.MakeSocket(At(socket));
        _made.Add(socket);
    }

    private void SetOwnersAndModes()
    {
        uint[] modes = [0x1a4, 0x180, 0x1ed, 0x9ed, 0x5ed, 0x000, 0x1ff, 0x124];
        for (int i = 100; i < 100 + modes.Length; i++)
        {
            byte[] path = At(Name($"d{i % DirectoryCount:00}/file-{i:0000}.dat"));
            if (_isRoot)
            {
                Posix.SetOwner(path, (uint)(1000 + i), 3_000_000_000);
            }

            // A change of owner clears set-id bits, so the mode comes after.
            Posix.SetMode(path, modes[i - 100]);
        }

        Posix.SetMode(At(Name("d04")), 0x3ff);
    }

    // Deepest first, since everything made in a directory changes its time.
    private void SetTimes()
    {
        foreach (byte[] path in _made.OrderByDescending(p => p.Count(b => b == (byte)'/')).ThenByDescending(p => p.Length))
        {
            long seconds = Epoch.ToUnixTimeSeconds() - _random.Next(0, 100_000_000);
            Posix.SetTimes(At(path), seconds, _random.Next(0, 1_000_000_000));
        }

        Posix.SetTimes(At(Name("empty")), -1, 999_999_999);
        Posix.SetTimes(At(Name("links")), Epoch.ToUnixTimeSeconds(), 1);
        Posix.SetTimes(_root, Epoch.ToUnixTimeSeconds(), 123_456_789);
    }

    private void MakeFile(byte[] path, ReadOnlySpan<byte> content)
    {
        using SafeFileHandle file = Posix.CreateFile(At(path));
        RandomAccess.Write(file, content, 0);
        _made.Add(path);
    }

    private void MakeDirectory(byte[] path)
    {
        Posix.MakeDirectory(At(path));
        _made.Add(path);
    }

    private void MakeSymlink(string target, string path)
    {
        Posix.MakeSymlink(Name(target), At(Name(path)));
        _made.Add(Name(path));
    }

    private byte[] At(byte[] path) => [.. _root, (byte)'/', .. path];

    private byte[] RandomBytes(int count)
    {
        byte[] bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>
    /// An ACL as the kernel keeps it (linux/posix_acl_xattr.h): version 2, then tag, permissions and id of each entry:
    /// owner, one named user, group, mask, others.
    /// </summary>
    private static byte[] Acl(ushort mode, uint user)
    {
        (ushort Tag, ushort Permissions, uint Id)[] entries =
        [
            (0x01, mode, uint.MaxValue), (0x02, 4, user), (0x04, 4, uint.MaxValue), (0x10, 6, uint.MaxValue), (0x20, 0, uint.MaxValue),
        ];
        byte[] acl = new byte[4 + (8 * entries.Length)];
        BinaryPrimitives.WriteUInt32LittleEndian(acl, 2);
        for (int i = 0; i < entries.Length; i++)
        {
            Span<byte> entry = acl.AsSpan(4 + (8 * i));
            BinaryPrimitives.WriteUInt16LittleEndian(entry, entries[i].Tag);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], entries[i].Permissions);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], entries[i].Id);
        }

        return acl;
    }
}
