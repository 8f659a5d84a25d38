using System.Text;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;

namespace K8sBackup.Model.Tests.Trees;

/// <summary>Trees with awkward names, from a seed.</summary>
internal static class RandomTree
{
    public static List<TreeEntry> Make(int seed, int entries)
    {
        Random random = new(seed);
        HashSet<string> seen = [""];
        List<byte[]> directories = [[]];
        List<TreeEntry> tree = [Directory([])];
        while (tree.Count < entries)
        {
            byte[] parent = directories[random.Next(directories.Count)];
            byte[] name = Name(random);
            byte[] path = parent.Length == 0 ? name : [.. parent, (byte)'/', .. name];
            if (!TreePath.IsValid(path) || !seen.Add(Encoding.Latin1.GetString(path)))
            {
                continue;
            }

            bool isDirectory = random.Next(10) == 0;
            if (isDirectory)
            {
                directories.Add(path);
            }

            tree.Add(isDirectory ? Directory(path) : File(path, random));
        }

        tree.Sort((left, right) => TreePath.Compare(left.Path, right.Path));
        return tree;
    }

    public static TreeEntry Directory(byte[] path) => new() { Path = path, Kind = EntryKind.Directory, Mode = 493 };

    public static TreeEntry File(byte[] path, Random random)
    {
        List<Extent> extents = [];
        long offset = 0;
        for (int i = random.Next(4); i > 0; i--)
        {
            offset += random.Next(2) * 4096;
            int length = random.Next(1, 100_000);
            extents.Add(new Extent(offset, ChunkId.Of(BitConverter.GetBytes(random.NextInt64())), random.Next(100), length));
            offset += length;
        }

        return new TreeEntry
        {
            Path = path,
            Kind = EntryKind.File,
            State = (EntryState)random.Next(2),
            Mode = random.Next(4096),
            Uid = (uint)random.Next(),
            Gid = uint.MaxValue - 1,
            Size = offset + random.Next(3),
            ModifiedAt = new UnixTime(random.NextInt64(-1L << 40, 1L << 40), random.Next(1_000_000_000)),
            ChangedAt = new UnixTime(1, 2),
            Inode = (ulong)random.NextInt64(),
            Flags = (FileFlags)random.Next(128) & FileFlags.All,
            Attributes = random.Next(5) == 0 ? [new ExtendedAttribute("user.k"u8.ToArray(), [1, 0, 255])] : [],
            Content = extents.Count == 0 ? FileContent.Empty : new FileContent { Inline = extents },
        };
    }

    private static byte[] Name(Random random)
    {
        // Bytes around the separator's, invalid UTF-8 and control characters are what orders and printers get wrong.
        ReadOnlySpan<byte> alphabet = "ab.-/0\n\x1b\u00ff "u8;
        byte[] name = new byte[random.Next(1, 12)];
        for (int i = 0; i < name.Length; i++)
        {
            byte b = random.Next(8) == 0 ? (byte)random.Next(1, 256) : alphabet[random.Next(alphabet.Length)];
            name[i] = b == (byte)'/' ? (byte)'c' : b;
        }

        return name;
    }
}
