using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Reading;
using K8sBackup.FileTree.Tests.Support;
using K8sBackup.FileTree.Walking;
using K8sBackup.TestKit;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Tests.Reading;

public sealed class FileReaderTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new("/dev/shm");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void NextSegment_SparseFile_GivesItsDataOnly()
    {
        Shell.Run(_directory.Path, """
            truncate -s 10000000 f
            printf data | dd of=f bs=1 seek=4096000 conv=notrunc status=none
            """);
        using FileReader reader = Open();
        Assert.Equal(10_000_000, reader.Size);
        Assert.True(reader.NextSegment(0, out long start, out long end));
        Assert.True(start is > 0 and <= 4_096_000 && end >= 4_096_004 && end - start < 100_000);
        Assert.False(reader.NextSegment(end, out _, out _));
    }

    /// <summary>On a file system with a cache to drop from, which a tmpfs is not.</summary>
    [Theory]
    [InlineData(1_000_003)]
    [InlineData(200_000)]
    public void Read_WholeFile_LeavesThePageCacheAsItWas(int bytesAtOnce)
    {
        const int MiB = 1024 * 1024;
        using TemporaryDirectory disk = new();
        byte[] content = new byte[(16 * MiB) + 100];
        new Random(1).NextBytes(content);
        File.WriteAllBytes(disk["f"], content);
        Shell.Run(disk.Path, "sync f");

        // The kernel takes pages by itself when memory is short, so one round in which all are as they were is proof.
        bool kept = false;
        bool dropped = false;
        for (int round = 0; round < 5 && !(kept && dropped); round++)
        {
            Shell.Run(disk.Path, "dd if=f iflag=nocache count=0 status=none; dd if=f bs=1M skip=4 count=2 of=/dev/null status=none");
            List<int> before = ResidentPages(disk.Path);
            ReadWhole(disk.Path, content, bytesAtOnce);
            List<int> after = ResidentPages(disk.Path);
            kept = before.Count is >= 2 * MiB / 4096 and <= 8 * MiB / 4096 && !before.Except(after).Any();
            dropped = after.Except(before).Count() <= 64;
        }

        Assert.True(kept, "pages that were there before have gone");
        Assert.True(dropped, "pages that reading brought in have stayed");
    }

    /// <summary>Where the kernel, or a container's profile, does not tell how much of a file is cached, each page is asked for.</summary>
    [Fact]
    public void Read_KernelDoesNotCountCachedPages_LeavesThePageCacheAsItWas() => BlockedSystemCall.Run(
        call: 451, Errno.NotPermitted, () => Read_WholeFile_LeavesThePageCacheAsItWas(1_000_003));

    [Fact]
    public void Read_SmallFileNobodyReadBefore_LeavesNothingInThePageCache()
    {
        using TemporaryDirectory disk = new();
        bool dropped = false;
        for (int round = 0; round < 5 && !dropped; round++)
        {
            byte[] content = [.. Enumerable.Range(round, 5000).Select(i => (byte)i)];
            File.WriteAllBytes(disk["f"], content);
            Shell.Run(disk.Path, "sync f; dd if=f iflag=nocache count=0 status=none");
            bool isCold = ResidentPages(disk.Path).Count == 0;
            ReadWhole(disk.Path, content, 64 * 1024);
            dropped = isCold && ResidentPages(disk.Path).Count == 0;
        }

        Assert.True(dropped);
    }

    private static void ReadWhole(string directory, byte[] content, int bytesAtOnce)
    {
        using SafeFileHandle root = DirectoryHandles.OpenRoot(directory);
        using TreeWalker walker = new(root, new WalkOptions());
        while (walker.MoveNext() && walker.Current.Kind != K8sBackup.Model.Trees.EntryKind.File)
        {
        }

        using FileReader reader = walker.HoldFile().Open();
        byte[] buffer = new byte[bytesAtOnce];
        MemoryStream read = new();
        while (reader.Read(read.Length, buffer) is > 0 and int count)
        {
            read.Write(buffer, 0, count);
        }

        Assert.True(content.AsSpan().SequenceEqual(read.ToArray()));
    }

    [Fact]
    public void NextSegment_OnlyAHole_IsFalse()
    {
        Shell.Run(_directory.Path, "truncate -s 1T f");
        using FileReader reader = Open();
        Assert.False(reader.NextSegment(0, out _, out _));
        Assert.Equal(1L << 40, reader.Size);
    }

    [Fact]
    public void Read_FileThatShrinks_EndsEarlyAndIsChanged()
    {
        File.WriteAllBytes(_directory["f"], new byte[100_000]);
        using FileReader reader = Open();
        byte[] buffer = new byte[60_000];
        Assert.Equal(60_000, reader.Read(0, buffer));
        Assert.False(reader.HasChanged());
        Shell.Run(_directory.Path, "truncate -s 70000 f");
        Assert.Equal(10_000, reader.Read(60_000, buffer));
        Assert.Equal(70_000, reader.Size);
        Assert.True(reader.HasChanged());
    }

    [Fact]
    public void Read_FileThatGrows_StopsAtItsFirstSizeAndIsChanged()
    {
        File.WriteAllBytes(_directory["f"], new byte[1000]);
        using FileReader reader = Open();
        Shell.Run(_directory.Path, "echo more >>f");
        Assert.Equal(1000, reader.Read(0, new byte[5000]));
        Assert.True(reader.HasChanged());
    }

    [Fact]
    public void HasChanged_RewrittenInPlace_IsTrue()
    {
        File.WriteAllBytes(_directory["f"], new byte[1000]);
        using FileReader reader = Open();
        Shell.Run(_directory.Path, "printf x | dd of=f bs=1 conv=notrunc status=none; touch -d '2001-01-01' f");
        Assert.True(reader.HasChanged());
    }

    [Fact]
    public void Open_FileOthersHoldLocked_Works()
    {
        File.WriteAllText(_directory["f"], "x");
        Shell.Run(_directory.Path, "exec 9<f; flock -x 9; echo locked");
        using FileReader reader = Open();
        Assert.Equal(1, reader.Read(0, new byte[1]));
    }

    private FileReader Open()
    {
        using SafeFileHandle root = DirectoryHandles.OpenRoot(_directory.Path);
        using TreeWalker walker = new(root, new WalkOptions());
        walker.MoveNext();
        walker.MoveNext();
        return walker.HoldFile().Open();
    }

    // fincore gives no list, so python looks: mmap and mincore by itself, apart from the code under test.
    private static List<int> ResidentPages(string directory) => [.. Shell.Run(directory, """
        python3 - <<'END'
        import ctypes, mmap, os
        f = os.open('f', os.O_RDONLY)
        size = os.fstat(f).st_size
        libc = ctypes.CDLL(None, use_errno=True)
        libc.mmap.restype = ctypes.c_void_p
        libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
        libc.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p]
        vec = ctypes.create_string_buffer((size + 4095) // 4096)
        assert libc.mincore(libc.mmap(None, size, 1, 1, f, 0), size, vec) == 0
        print(' '.join(str(i) for i, page in enumerate(vec.raw) if page & 1))
        END
        """).Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(int.Parse)];
}
