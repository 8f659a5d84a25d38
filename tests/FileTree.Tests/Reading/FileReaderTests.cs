using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Reading;
using K8sBackup.FileTree.Tests.Support;
using K8sBackup.FileTree.Walking;
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
        return walker.OpenFile();
    }
}
